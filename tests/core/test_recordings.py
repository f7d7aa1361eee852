"""Recordings, as those know them who keep and who show them."""

from admit.core.recordings import Opening, RecordingRefused


def test_who_is_refused_for_a_recording_is_told_why() -> None:
    refused = RecordingRefused("the disk is full")

    assert (
        str(refused)
        == refused.text
        == "admit: this session must be recorded, and cannot be: the disk is full"
    )


def test_a_terminal_that_says_nothing_of_itself_is_recorded_as_the_usual_one() -> None:
    assert (Opening().width, Opening().height, Opening().env) == (80, 24, {})
