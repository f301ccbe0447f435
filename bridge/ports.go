package bridge

// Types of requests about ports.
const (
	TypePorts      = "ports"
	TypeWatchPorts = "watchPorts"
)

// EventPorts is what watchPorts sends, at once and after each change; its payload is a PortList.
const EventPorts = "ports"

// MinPort is the least port that is forwarded.
const MinPort = 1024

// Forwardable reports whether connections to port are made for others: it is not below
// MinPort, and not one of the bridge's own.
func Forwardable(port int) bool {
	return port >= MinPort && port <= 65535 && port != APIPort && port != EditorPort
}

// The bridge's own ports in the container.
const (
	APIPort    = 3001
	EditorPort = 8080
)

// TunnelProtocol is the Upgrade that GET /tcp/{port} answers with raw bytes; see the
// package comment.
const TunnelProtocol = "kalpana-tcp"

// PortList answers ports: what listens in the workspace and can be forwarded, sorted,
// each port once; never nil.
type PortList struct {
	Ports []Port `json:"ports"`
}

// Port is a TCP port that something listens on.
type Port struct {
	Port int `json:"port"`
	// Address is what the program listens on: "127.0.0.1", "::1", "0.0.0.0", "::" or another.
	Address string `json:"address"`
	// PID and Process are the program's number and name, if they can be told.
	PID     int    `json:"pid,omitempty"`
	Process string `json:"process,omitempty"`
}
