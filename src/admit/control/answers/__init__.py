"""Questions about access beyond yes and no: who and what, then and now, before and after a change."""
