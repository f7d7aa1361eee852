"""What all pages share: their look, their words, who is signed in, and what keeps them safe."""
