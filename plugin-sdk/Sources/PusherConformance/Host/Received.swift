/// A struct of the plugin's, as this side knows it: what the plugin's version of it does not have is zero, and what it has beyond
/// is left where it is.
///
/// - Parameters:
///   - least: the size of the struct's first version, from the header.
///   - zero: the struct with every field zero.
/// - Returns: nil where there is none, or it is smaller than any version of it.
func received<Struct>(_ pointer: UnsafePointer<Struct>?, atLeast least: Int32, _ zero: Struct) -> Struct? {
    guard let pointer else { return nil }
    let told = UnsafeRawPointer(pointer).load(as: UInt32.self)
    guard told >= UInt32(least) else { return nil }
    var value = zero
    withUnsafeMutableBytes(of: &value) { bytes in
        bytes.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: min(Int(told), bytes.count)))
    }
    return value
}
