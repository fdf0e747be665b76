//go:build unix

package main

import (
	"io/fs"
	"syscall"
)

// owner is the number of the user to whom a file belongs.
func owner(info fs.FileInfo) (uid int, known bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Uid), true
}
