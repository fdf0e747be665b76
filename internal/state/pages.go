package state

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// bbolt's file format, as go.etcd.io/bbolt/internal/common defines it. Numbers are
// in the byte order of the machine.
const (
	boltMagic   = 0xED0CDAED
	boltVersion = 2

	metaSize    = 64 // after the page header
	headerSize  = 16 // of a page, of an element, and of a bucket's value
	minPageSize = 1 << 10
	maxPageSize = 1 << 24
	maxDepth    = 64 // of pages below each other; a tree of 2^64 entries has fewer

	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10
	bucketLeaf   = 0x01

	noFreelist = ^uint64(0)
)

// boltMeta is what a meta page says.
type boltMeta struct {
	pageSize, root, freelist, high, tx uint64
}

// verifyPages reads a bbolt file page by page, without its memory map, and says
// whether it can be handed to bbolt: every page that can be reached lies within
// the file, is what it claims to be, is reached once, and refers to nothing
// beyond its end. It tells whether the list of free pages is stored; domaind
// always stores it. The caller holds a lock of the file.
func verifyPages(f *os.File) (freelistStored bool, err error) {
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	size := uint64(max(0, info.Size()))
	meta, err := readMeta(f, size)
	if err != nil {
		return false, err
	}
	if meta.high > size/meta.pageSize {
		return false, fmt.Errorf("%w: it is truncated to %d bytes of at least %d", ErrCorrupt, size, meta.high*meta.pageSize)
	}
	w := pageWalk{r: f, meta: meta, seen: make([]bool, meta.high)}
	if err := w.tree(meta.root, 0); err != nil {
		return false, err
	}
	if meta.freelist == noFreelist {
		return false, nil
	}
	return true, w.freelist(meta.freelist)
}

// readMeta finds the newer of the two meta pages. The second lies one page after
// the start, and only a meta page tells how large a page is.
func readMeta(r io.ReaderAt, size uint64) (boltMeta, error) {
	var newest boltMeta
	found, ours := false, false
	for at := uint64(0); at+headerSize+metaSize <= size && at <= maxPageSize; at = max(minPageSize, at*2) {
		b := make([]byte, metaSize)
		if _, err := r.ReadAt(b, int64(at+headerSize)); err != nil {
			return newest, fmt.Errorf("read the file's head: %w", err)
		}
		m, magic, valid := parseMeta(b)
		ours = ours || magic
		if valid && (at == 0 || at == m.pageSize) && (!found || m.tx > newest.tx) {
			newest, found = m, true
		}
	}
	switch {
	case found:
		return newest, nil
	case ours:
		return newest, fmt.Errorf("%w: neither of its two heads is intact", ErrCorrupt)
	}
	return newest, fmt.Errorf("%w: it is no bbolt file", ErrNotState)
}

func parseMeta(b []byte) (m boltMeta, magic, valid bool) {
	order := binary.NativeEndian
	magic = order.Uint32(b) == boltMagic
	h := fnv.New64a()
	_, _ = h.Write(b[:56]) // never fails
	m = boltMeta{
		pageSize: uint64(order.Uint32(b[8:])),
		root:     order.Uint64(b[16:]),
		freelist: order.Uint64(b[32:]),
		high:     order.Uint64(b[40:]),
		tx:       order.Uint64(b[48:]),
	}
	valid = magic && order.Uint32(b[4:]) == boltVersion && order.Uint64(b[56:]) == h.Sum64() &&
		m.pageSize >= minPageSize && m.pageSize <= maxPageSize && m.pageSize&(m.pageSize-1) == 0
	return m, magic, valid
}

// pageWalk follows the pages of one version of the file.
type pageWalk struct {
	r    io.ReaderAt
	meta boltMeta
	seen []bool // by page
}

func (w *pageWalk) damaged(page uint64, format string, args ...any) error {
	return fmt.Errorf("%w: page %d: %s", ErrCorrupt, page, fmt.Sprintf(format, args...))
}

// page reads a page with those that overflow from it.
func (w *pageWalk) page(id uint64) ([]byte, error) {
	if id < 2 || id >= w.meta.high {
		return nil, w.damaged(id, "the file has %d pages", w.meta.high)
	}
	head := make([]byte, headerSize)
	if err := w.read(id, head); err != nil {
		return nil, err
	}
	last := id + uint64(binary.NativeEndian.Uint32(head[12:]))
	if got := binary.NativeEndian.Uint64(head); got != id {
		return nil, w.damaged(id, "it says that it is page %d", got)
	}
	if last >= w.meta.high {
		return nil, w.damaged(id, "it goes on to page %d, the file has %d", last, w.meta.high)
	}
	for i := id; i <= last; i++ {
		if w.seen[i] {
			return nil, w.damaged(i, "it is used twice")
		}
		w.seen[i] = true
	}
	b := make([]byte, (last-id+1)*w.meta.pageSize)
	return b, w.read(id, b)
}

func (w *pageWalk) read(id uint64, b []byte) error {
	_, err := w.r.ReadAt(b, int64(id*w.meta.pageSize)) //nolint:gosec // below the file's size
	if errors.Is(err, io.EOF) {
		return w.damaged(id, "the file ends within it")
	}
	return err
}

// tree follows a bucket from the page at its root.
func (w *pageWalk) tree(id uint64, depth int) error {
	if depth > maxDepth {
		return w.damaged(id, "more than %d pages deep", maxDepth)
	}
	b, err := w.page(id)
	if err != nil {
		return err
	}
	return w.elements(id, b, depth)
}

// elements looks at the entries of a branch or leaf page, and at what they refer
// to.
func (w *pageWalk) elements(id uint64, b []byte, depth int) error {
	order := binary.NativeEndian
	kind, count := order.Uint16(b[8:]), uint64(order.Uint16(b[10:]))
	if kind != branchPage && kind != leafPage {
		return w.damaged(id, "it is of kind %#x, not a branch or leaf", kind)
	}
	if kind == branchPage && count == 0 {
		return w.damaged(id, "a branch without entries")
	}
	size := uint64(len(b))
	if headerSize*(count+1) > size {
		return w.damaged(id, "%d entries do not fit", count)
	}
	var before []byte
	for i := range count {
		at := headerSize * (i + 1)
		e := b[at : at+headerSize]
		pos, keySize, valueSize := uint64(order.Uint32(e)), uint64(order.Uint32(e[4:])), uint64(0)
		if kind == leafPage {
			pos, keySize, valueSize = uint64(order.Uint32(e[4:])), uint64(order.Uint32(e[8:])), uint64(order.Uint32(e[12:]))
		}
		start := at + pos
		if start < headerSize*(count+1) || start+keySize+valueSize > size {
			return w.damaged(id, "entry %d lies outside of it", i)
		}
		key := b[start : start+keySize]
		if i > 0 && bytes.Compare(before, key) >= 0 {
			return w.damaged(id, "entry %d is out of order", i)
		}
		before = key
		var err error
		switch {
		case kind == branchPage:
			err = w.tree(order.Uint64(e[8:]), depth+1)
		case order.Uint32(e)&bucketLeaf != 0:
			err = w.bucket(id, b[start+keySize:start+keySize+valueSize], depth)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bucket looks at a bucket's value: the page of its root, or, where it is small,
// a whole leaf page of its own.
func (w *pageWalk) bucket(id uint64, value []byte, depth int) error {
	if len(value) < headerSize {
		return w.damaged(id, "a bucket of %d bytes", len(value))
	}
	if root := binary.NativeEndian.Uint64(value); root != 0 {
		return w.tree(root, depth+1)
	}
	inline := value[headerSize:]
	if len(inline) < headerSize || binary.NativeEndian.Uint16(inline[8:]) != leafPage || depth >= maxDepth {
		return w.damaged(id, "a small bucket that is no leaf")
	}
	return w.elements(id, inline, depth+1)
}

// freelist looks at the list of free pages: each within the file, named once, and
// none that is in use.
func (w *pageWalk) freelist(id uint64) error {
	b, err := w.page(id)
	if err != nil {
		return err
	}
	order := binary.NativeEndian
	if kind := order.Uint16(b[8:]); kind != freelistPage {
		return w.damaged(id, "it is of kind %#x, not the list of free pages", kind)
	}
	count, list := uint64(order.Uint16(b[10:])), b[headerSize:]
	if count == 0xFFFF { // too many for the header: the first entry is the count
		count, list = order.Uint64(list), list[8:]
	}
	if count > uint64(len(list))/8 {
		return w.damaged(id, "%d free pages do not fit", count)
	}
	for i := range count {
		free := order.Uint64(list[8*i:])
		if free < 2 || free >= w.meta.high {
			return w.damaged(id, "free page %d, the file has %d", free, w.meta.high)
		}
		if w.seen[free] {
			return w.damaged(free, "it is free and in use, or free twice")
		}
		w.seen[free] = true
	}
	for i := uint64(2); i < w.meta.high; i++ {
		if !w.seen[i] {
			return w.damaged(i, "it is neither free nor in use")
		}
	}
	return nil
}
