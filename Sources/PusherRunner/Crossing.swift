// Structs that cross the line between host and plugin. The two sides can be built with different versions of the header, so one
// side's struct can be longer than the other's: each says its size.

/// A struct of the plugin's, as this side knows it. Fields that the plugin's version does not have are zero, which means "not
/// given" everywhere in the ABI; what its version has beyond is left where it is.
///
/// - Parameters:
///   - pointer: the plugin's; at least the first four bytes can be read.
///   - least: the size of the struct's first version, from the header.
///   - zero: the struct with every field zero, as C's types are made without arguments.
/// - Returns: nil where there is none, or it is smaller than any version of it.
func received<Struct>(_ pointer: UnsafePointer<Struct>?, atLeast least: Int32, _ zero: Struct) -> Struct? {
    guard let pointer else { return nil }
    let told = UnsafeRawPointer(pointer).load(as: UInt32.self)
    guard told >= UInt32(least) else { return nil }
    var value = zero
    withUnsafeMutableBytes(of: &value) { bytes in
        let count = min(Int(told), bytes.count)
        bytes.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: count))
    }
    return value
}

/// The size of a struct of this side's, as its first field says it.
func size<Struct>(of type: Struct.Type) -> UInt32 { UInt32(MemoryLayout<Struct>.size) }
