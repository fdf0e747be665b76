//go:build !linux

package control

import "net"

// peer is not told by this system: the client's own word has to do. Whoever can open
// the socket is root or the daemon's own user.
func peer(net.Conn) (Asker, bool) { return Asker{}, false }
