#if hasFeature(Embedded)
import CPusherKit

/// What Embedded Swift seeds its hashes with. glibc has a function of this name from 2.36 on alone, and a library that
/// needs it would not load where glibc is older.
@c(arc4random_buf) public func seedOfHashes(_ memory: UnsafeMutableRawPointer, _ length: Int) {
    kt_random(memory, length)
}
#endif
