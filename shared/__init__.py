"""What both programs agree on: documents, states, problems, texts, routes and file places."""
