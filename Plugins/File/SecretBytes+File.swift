import CFiles
import PusherKit

extension SecretBytes {
    /// What an open file holds from where it is read, through memory that is wiped; nil: it cannot be read.
    ///
    /// - Parameter most: how many bytes at most.
    convenience init?(readingFile file: Int32, most: Int) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: most, alignment: 1)
        defer {
            if let base = memory.baseAddress { explicit_bzero(base, memory.count) }
            memory.deallocate()
        }
        var count = 0
        while count < memory.count {
            let got = CFiles.read(file, memory.baseAddress?.advanced(by: count), memory.count - count)
            if got < 0, kt_errno() == EINTR { continue }
            guard got >= 0 else { return nil }
            if got == 0 { break }
            count += got
        }
        self.init(copying: .init(rebasing: memory[..<count]))
    }
}
