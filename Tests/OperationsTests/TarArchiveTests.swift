import Foundation
import Testing

@testable import Operations

@Suite("Archives of packages")
struct TarArchiveTests {
    private static let files: [(name: String, content: [UInt8])] = [
        ("acme-ci/package.txt", Array("list\n".utf8)), ("acme-ci/empty", []),
        ("acme-ci/pusher.so", [UInt8](repeating: 7, count: 1_024)),
    ]

    @Test("give back what was put in, and end with two blocks of zeros")
    func roundTrip() throws {
        let bytes = TarArchive.bytes(Self.files)
        let archive = try TarArchive(bytes)
        #expect(archive.entries.map(\.name) == Self.files.map(\.name))
        #expect(archive.entries.map { Array(bytes[$0.content]) } == Self.files.map(\.content))
        #expect(bytes.count == 3 * 512 + 512 + 1_024 + 1_024)
    }

    /// Changes a header's field, and makes its checksum right again, as an attacker would.
    private func changed(_ offset: Int, _ text: String, of bytes: [UInt8] = TarArchive.bytes(files)) -> [UInt8] {
        var bytes = bytes
        bytes.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
        for index in 148..<156 { bytes[index] = 0x20 }
        let sum = String(bytes[..<512].reduce(0) { $0 + Int($1) }, radix: 8)
        let field = String(repeating: "0", count: 6 - sum.count) + sum + "\u{0} "
        bytes.replaceSubrange(148..<156, with: field.utf8)
        return bytes
    }

    private func fault(_ bytes: [UInt8]) -> String? {
        do throws(TarArchive.Fault) { _ = try TarArchive(bytes) } catch { return error.description }
        return nil
    }

    @Test(
        "with names that lead elsewhere are refused",
        arguments: [
            "/etc/passwd", "../pusher.so", "acme-ci/../../x", "acme-ci/..", "acme-ci/a/b", "acme-ci", "a\u{1B}[2J/x",
            "./x",
        ])
    func names(_ name: String) {
        let field = name + String(repeating: "\u{0}", count: 100 - name.utf8.count)
        #expect(fault(changed(0, field))?.hasPrefix("it has a file with the name ") == true)
    }

    @Test(
        "have plain files alone",
        arguments: [
            ("1", "a hard link"), ("2", "a symbolic link"), ("3", "a device"), ("4", "a device"), ("5", "a directory"),
            ("6", "a pipe"), ("x", "an entry of another kind"), ("L", "an entry of another kind"),
        ])
    func kinds(_ flag: String, _ words: String) {
        #expect(fault(changed(156, flag)) == "acme-ci/package.txt is \(words); a package has plain files alone")
    }

    @Test("are in one form: another time, owner, mode or size is refused")
    func forms() {
        for (offset, text) in [(136, "00000000001"), (108, "0001750"), (100, "0004755"), (265, "root"), (345, "x")] {
            #expect(fault(changed(offset, text))?.hasPrefix("the header of acme-ci/package.txt is not") == true)
        }
        #expect(fault(changed(124, "77777777777"))?.contains("larger than 128 MiB") == true)
        #expect(fault(changed(124, "8"))?.contains("cannot be read") == true)
        #expect(fault(changed(124, "00000777777")) == "it is cut off: a part of it is missing")
    }

    @Test("that are cut off anywhere are refused, and so is what lies behind the end")
    func ends() {
        let bytes = TarArchive.bytes(Self.files)
        for count in stride(from: 0, to: bytes.count, by: 61) { #expect(fault(Array(bytes[..<count])) != nil) }
        #expect(fault(bytes + [0]) == "there are bytes behind its end")
        #expect(fault(bytes + bytes) == "there are bytes behind its end")
        var hidden = bytes
        hidden[512 + 100] = 1
        #expect(fault(hidden)?.hasPrefix("there are bytes behind acme-ci/package.txt") == true)
        hidden = bytes
        hidden[3] ^= 1
        #expect(fault(hidden) == "a header in it is damaged")
        #expect(fault([UInt8]("PK\u{3}\u{4}".utf8) + bytes)?.contains("not a tar archive") == true)
    }

    @Test("have a bounded number of files, each once")
    func counts() {
        let many = (0..<17).map { (name: "a/f\($0)", content: [UInt8]()) }
        #expect(fault(TarArchive.bytes(many)) == "it has more than 16 files")
        #expect(fault(TarArchive.bytes(Array(many.prefix(16)))) == nil)
        #expect(fault(TarArchive.bytes([many[0], many[1], many[0]])) == "it has a/f0 twice")
    }
}
