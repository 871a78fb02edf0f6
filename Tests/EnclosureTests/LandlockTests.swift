import CEnclosure
@testable import Enclosure
import Foundation
import Testing

@Suite("Landlock", .enabled(if: kt_landlock_version() > 0))
struct LandlockTests {
    /// A directory with a file in each of two others, that goes with the test.
    private final class Tree {
        let path = NSTemporaryDirectory() + "keyturn-\(UUID().uuidString)"
        init() throws {
            for name in ["granted", "other"] {
                try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
                try Data("x".utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)/file"))
            }
        }
        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    @Test("leaves nothing of the file system without a grant")
    func nothing() throws {
        var (found, version) = ([Int32](), 0)
        try confined {
            guard kt_no_new_privileges() == 0 else { return }
            version = (try? Landlock.enter(ProcessGrants())) ?? -1
            for path in ["/etc/passwd", "/", "/proc/self/status"] { found.append(failure { open(path, O_RDONLY) }) }
        }
        #expect(version == Int(kt_landlock_version()))
        #expect(found == [EACCES, EACCES, EACCES])
    }

    @Test("lets what was granted be read, and not written")
    func reading() throws {
        let tree = try Tree()
        var found: [Int32] = []
        try confined {
            guard kt_no_new_privileges() == 0 else { return }
            guard (try? Landlock.enter(ProcessGrants(readable: ["\(tree.path)/granted"]))) != nil else { return }
            found = [
                failure { open("\(tree.path)/granted/file", O_RDONLY) },
                failure { open("\(tree.path)/granted/file", O_WRONLY) },
                failure { open("\(tree.path)/other/file", O_RDONLY) },
                failure { open("\(tree.path)/granted/new", O_WRONLY | O_CREAT, 0o600) },
            ]
        }
        #expect(found == [0, EACCES, EACCES, EACCES])
    }

    @Test("lets what was granted for writing be written and removed, and nothing else")
    func writing() throws {
        let tree = try Tree()
        var found: [Int32] = []
        try confined {
            guard kt_no_new_privileges() == 0 else { return }
            guard (try? Landlock.enter(ProcessGrants(writable: ["\(tree.path)/granted"]))) != nil else { return }
            found = [
                failure { open("\(tree.path)/granted/new", O_WRONLY | O_CREAT, 0o600) },
                failure { unlink("\(tree.path)/granted/new") },
                failure { mkdir("\(tree.path)/granted/directory", 0o700) },
                failure { symlink("/etc", "\(tree.path)/granted/link") },
                failure { open("\(tree.path)/other/file", O_WRONLY) },
            ]
        }
        #expect(found == [0, 0, EACCES, EACCES, EACCES])
    }

    @Test("says which path that was granted is not there")
    func missing() throws {
        var description = ""
        try confined {
            do throws(Enclosure.Failure) { _ = try Landlock.enter(ProcessGrants(readable: ["/nowhere/at/all"])) } catch
            {
                description = error.description
            }
        }
        #expect(description == "the granted path /nowhere/at/all: No such file or directory")
    }
}
