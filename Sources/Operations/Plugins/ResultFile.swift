internal import FileTrust

/// Writes a file of results where a person has asked for it.
package enum ResultFile {
    /// Writes it as a whole, or not at all.
    package static func write(_ text: String, to path: String) throws {
        do throws(DurableFile.Failure) { try DurableFile.write(Array(text.utf8), to: path, mode: 0o644) } catch {
            throw OperationFailure(.failed, "\(path) cannot be written: \(error)")
        }
    }
}
