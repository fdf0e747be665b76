package control

import (
	"net"
	"syscall"
)

// peer is who is at the other end of a Unix socket, by the word of the kernel: the
// user that it ran as when it connected.
func peer(c net.Conn) (Asker, bool) {
	socket, ok := c.(*net.UnixConn)
	if !ok {
		return Asker{}, false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return Asker{}, false
	}
	var cred *syscall.Ucred
	if cerr := raw.Control(func(fd uintptr) {
		cred, err = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); cerr != nil || err != nil {
		return Asker{}, false
	}
	return Asker{User: UserNamed(int(cred.Uid))}, true
}
