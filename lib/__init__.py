"""Growth Ops: load facts, ask questions, see answers. Start reading at `lib.answers.ask`."""
