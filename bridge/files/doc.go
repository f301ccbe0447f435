// Package files does the work of requests about files in a workspace: reading, writing,
// editing, listing, finding, moving, deleting and watching them. Everything happens
// through one os.Root: no "..", no absolute path, no link and no race leads out of it.
package files
