// Package platform wires Kalpana together: it is the only package that knows all others,
// and reads from top to bottom as the architecture. New makes a platform that is closed;
// Open connects the database and the container engine and starts the loops; Close ends
// them and leaves running workspaces alone.
package platform
