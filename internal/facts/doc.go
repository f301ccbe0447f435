// Package facts samples what running workspaces use and where their work stands, while
// somebody looks at them: processor and memory from the container engine, listening ports
// and a glance at git from the bridge inside. Looking wakes nothing and counts as no use;
// what nobody has looked at for half a minute is neither sampled nor remembered.
package facts
