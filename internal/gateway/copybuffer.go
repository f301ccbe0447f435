package gateway

import "sync"

const copyBufferSize = 32 << 10

// buffers lends out copy buffers. It implements httputil.BufferPool.
type buffers struct{ pool sync.Pool }

var copyBuffers = buffers{sync.Pool{New: func() any { return new([copyBufferSize]byte) }}}

func (b *buffers) Get() []byte  { return b.pool.Get().(*[copyBufferSize]byte)[:] }
func (b *buffers) Put(p []byte) { b.pool.Put((*[copyBufferSize]byte)(p)) }
