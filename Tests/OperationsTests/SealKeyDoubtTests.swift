import Foundation
@testable import Journal
@testable import Operations
import Secrets
import Testing

@Suite("A seal key that is not the state's")
struct SealKeyDoubtTests {
    private let directory: Directory

    init() async throws {
        directory = try Directory()
        try await directory.know(["cicd-bot": Directory.idle()])
    }

    /// What is logged by what looks at the state.
    private func look() async throws -> [String] {
        var status = try await StatusInspection(directory.context)
        #expect(try await status.run([], online: false).document.users.first?.rotation == 1)
        _ = try await RotationPlan(directory.context, [], asksIAM: false)
        return directory.lines
    }

    @Test("is reported by what only looks at the state, which is shown all the same")
    func looking() async throws {
        #expect(try await look() == [])
        try directory.write("seal.key", Data(repeating: 8, count: 32).base64EncodedString() + "\n", mode: 0o600)
        let lines = try await look()
        #expect(lines.count == 2 && Set(lines).count == 1)
        let words =
            "warning: the state was sealed with another seal key than that in \(directory.path)/seal.key (\(Self.other)): "
        #expect(lines[0].hasPrefix(words))
        #expect(lines[0].hasSuffix(". The state needs the seal key \(Self.own) (1 user)"), "\(lines)")
    }

    /// The names of the state's seal key, and of another one.
    private static let own = Seal(key: key(7)).firstID
    private static let other = Seal(key: key(8)).firstID

    private static func key(_ byte: UInt8) -> Secret {
        [UInt8](repeating: byte, count: 32).withUnsafeBytes { Secret(copying: $0) }
    }

    @Test("is named by doctor and by what would work, with the one that the state needs")
    func names() async throws {
        func finding() async -> Finding? {
            await Doctor(directory.context).run(online: false).first { $0.subject == "seal key" }
        }
        let fine = await finding()
        #expect(fine?.status == .done && fine?.detail == "\(Self.own) in \(directory.path)/seal.key")
        try directory.write("seal.key", Data(repeating: 8, count: 32).base64EncodedString() + "\n", mode: 0o600)
        let doubt = await finding()
        #expect(doubt?.status == .configuration)
        let needed = "The state needs the seal key \(Self.own) (1 user)"
        #expect(doubt?.detail.contains(Self.other) == true && doubt?.detail.hasSuffix(needed) == true)
        let context = directory.context
        let failure = await #expect(throws: OperationFailure.self) {
            var check = try await ConfigurationCheck(context)
            _ = try await check.run([], online: false)
        }
        #expect(failure?.message.contains("the configured one (\(Self.other)). \(needed)") == true)
        try FileManager.default.removeItem(atPath: "\(directory.path)/seal.key")
        #expect(await finding() == nil)
    }

    @Test("is reported by doctor, in the words of check, where the file holds none")
    func none() async throws {
        try directory.write("seal.key", "bad\n", mode: 0o600)
        let context = directory.context
        let failure = await #expect(throws: OperationFailure.self) {
            var check = try await ConfigurationCheck(context)
            _ = try await check.run([], online: false)
        }
        let found = await Doctor(context).run(online: false).filter { $0.status != .done }
        #expect(found.map(\.subject) == ["seal key"] && found.first?.detail == failure?.message, "\(found)")
    }

    @Test("is reported where it is missing or is none")
    func unusable() async throws {
        try directory.write("seal.key", "short", mode: 0o600)
        #expect(try await look().allSatisfy { $0.contains("it is not 32 bytes in base64") })
        try FileManager.default.removeItem(atPath: "\(directory.path)/seal.key")
        #expect(try await look().last?.contains("seal.key is missing") == true)
        #expect(directory.lines.count == 4)
    }

    @Test("is made in its place with a word on what it does not open")
    func made() async throws {
        let path = "\(directory.path)/seal.key"
        try FileManager.default.removeItem(atPath: path)
        try await NewSealKey.write(to: "\(directory.path)/other.key", directory.context)
        #expect(directory.lines == [])
        try await NewSealKey.write(to: path, directory.context)
        #expect(directory.lines.count == 1)
        #expect(directory.lines[0].contains("is sealed with another key, which this new one does not open"))
        #expect(directory.lines[0].hasSuffix(". The state needs the seal key \(Self.own) (1 user)"))
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test("is not doubted where there is no state yet")
    func fresh() async throws {
        let fresh = try Directory()
        try FileManager.default.removeItem(atPath: "\(fresh.path)/seal.key")
        try await NewSealKey.write(to: "\(fresh.path)/seal.key", fresh.context)
        #expect(fresh.lines == [])
    }
}
