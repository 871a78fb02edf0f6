import Foundation
import JSON
@testable import PusherHost
import Rotation
import Testing

@testable import Operations

@Suite("Packages")
struct PackageTests {
    private static let key = Data(repeating: 1, count: 32).base64EncodedString()
    private static let other = Data(repeating: 2, count: 32).base64EncodedString()

    private static func list(_ version: String = "1.4.0", signer: String = key) -> PackageList {
        PackageList(
            id: "acme-ci", version: version, signer: signer,
            files: [PackageList.File(.manifest, Array("{}".utf8)), PackageList.File(.library, [1, 2, 3])])
    }

    @Test("have a list with one text, and no other text is read")
    func lists() {
        let list = Self.list()
        #expect(PackageList(list.text) == list)
        let text = list.text
        for wrong in [
            text + "\n", String(text.dropLast()), text.replacing("file ", with: "file  "),
            text + "file x 1 pusher.so\n",
            text.replacing(" 3 ", with: " 03 "), text.replacing("keyturn package 1", with: "keyturn package 2"),
            text.replacing("1.4.0", with: "one"), text.replacing("ed25519:", with: "rsa:"), text + "file " + text, "",
        ] { #expect(PackageList(wrong) == nil, "\(wrong)") }
    }

    @Test("have a list that is UTF-8: two texts are not read as one")
    func bytes() throws {
        var bytes = Array(Self.list().text.utf8)
        let place = try #require(bytes.firstIndex(of: UInt8(ascii: "m")))
        func refusal() -> String? {
            let files = [(name: "acme-ci/package.txt", content: bytes), ("acme-ci/package.sig", Array("AA==\n".utf8))]
            do { _ = try PluginPackage(TarArchive.bytes(files), in: "/p", checking: { _ in }) } catch {
                return (error as? PackageFault)?.description
            }
            return nil
        }
        #expect(refusal()?.hasPrefix("its signature is wrong") == true)
        bytes[place] = 0x90
        #expect(refusal() == "the list of its files cannot be read")
    }

    private func lock(_ signer: TrustedSigner? = nil) throws -> LockFile {
        var lock = try LockFile(text: #"{"version":1,"plugins":{}}"#, path: "keyturn.lock")
        lock.signers["acme-ci"] = signer
        return lock
    }

    private func refusal(_ trust: PackageTrust, _ list: PackageList) -> String? {
        do throws(PackageTrust.Refusal) { _ = try trust.judge(list) } catch { return error.description }
        return nil
    }

    @Test("are taken of a signer whom the operator, the lock file or a trusted index names, and of no other")
    func signers() throws {
        let trusted = try lock(TrustedSigner(key: Self.key, lowest: "1.0.0"))
        let empty = try lock()
        #expect(try PackageTrust(lock: trusted).judge(Self.list()) == .lock)
        #expect(try PackageTrust(lock: empty, named: Self.key).judge(Self.list()) == .named)
        let index = ("https://a.example/i", Self.key)
        #expect(try PackageTrust(lock: empty, index: index).judge(Self.list()) == .index("https://a.example/i"))
        #expect(refusal(PackageTrust(lock: empty), Self.list())?.contains("does not trust for acme-ci") == true)
        let strange = Self.list(signer: Self.other)
        #expect(refusal(PackageTrust(lock: trusted), strange)?.contains("trusts ed25519:\(Self.key)") == true)
        #expect(refusal(PackageTrust(lock: trusted, named: Self.key), strange)?.contains("--signer names") == true)
        #expect(
            refusal(PackageTrust(lock: empty, index: index), strange)?.contains("https://a.example/i says") == true
        )
        // An index does not replace a signer that the operator knows.
        let theirs = ("https://a.example/i", Self.other)
        #expect(
            refusal(PackageTrust(lock: trusted, index: theirs), strange)?.contains("trusts ed25519:\(Self.key)") == true
        )
    }

    @Test("of a version below the signer's lowest are refused, unless the operator says so")
    func downgrades() throws {
        let lock = try lock(TrustedSigner(key: Self.key, lowest: "1.10.0"))
        let words = refusal(PackageTrust(lock: lock), Self.list("1.9.0"))
        #expect(
            words?.contains("version 1.9.0 is older than 1.10.0") == true
                && words?.contains("--allow-downgrade") == true)
        #expect(refusal(PackageTrust(lock: lock, allowsDowngrade: true), Self.list("1.9.0")) == nil)
        #expect(refusal(PackageTrust(lock: lock), Self.list("1.10.0")) == nil)
        #expect(refusal(PackageTrust(lock: lock), Self.list("1.10.0-rc.1")) != nil)
        // To name the key again is no order to go back.
        #expect(refusal(PackageTrust(lock: lock, named: Self.key), Self.list("1.9.0")) != nil)
    }

    @Test("that are brought back get what they had, but not what was taken from the version between")
    func rollbackGrants() throws {
        func grants(_ hosts: [String], programs: Bool = false) -> Grants {
            var grants = Grants()
            (grants.hosts, grants.programs) = (hosts, programs)
            return grants
        }
        var kept = Pin(JSONValue.object([:]))
        kept.grants = grants(["a.example", "old.example"], programs: true)
        let result = PluginRollback.grants(
            of: kept, asks: grants(["a.example", "old.example"], programs: true),
            // The newer version asks for no old.example, and the operator has taken programs from it.
            was: grants(["a.example", "new.example"]), wasAsked: grants(["a.example", "new.example"], programs: true))
        #expect(result == grants(["a.example", "old.example"]))
    }

    @Test("are found by the newest release of an index that has not expired and has the right signature")
    func indexes() throws {
        let directory = FileManager.default.temporaryDirectory.path + "/index-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let key = try SigningKey(file: directory + "/key")
        #expect(
            try FileManager.default.attributesOfItem(atPath: directory + "/key")[.posixPermissions] as? Int == 0o600)
        func release(_ version: String) -> PluginIndex.Release {
            PluginIndex.Release(url: "\(version).tar", hash: String(repeating: "0", count: 64), signer: Self.key)
        }
        let now = Directory.now
        let versions = ["1.9.0", "1.10.0", "2.0.0-rc.1"]
        let index = PluginIndex(
            plugins: ["acme-ci": Dictionary(uniqueKeysWithValues: versions.map { ($0, release($0)) })],
            expires: now + .seconds(60))
        let document = index.document(key)
        func read(_ document: JSONValue, at time: Timestamp = now, by signer: String? = nil) -> String? {
            do throws(PluginIndex.Fault) {
                _ = try PluginIndex(Array(document.prettyText.utf8), signedBy: signer ?? key.publicKey, at: time)
                return nil
            } catch { return error.description }
        }
        let again = try PluginIndex(Array(document.prettyText.utf8), signedBy: key.publicKey, at: now)
        #expect(again.release(of: "acme-ci", version: nil)?.version == "1.10.0")
        #expect(again.release(of: "acme-ci", version: "2.0.0-rc.1")?.release.url == "2.0.0-rc.1.tar")
        #expect(again.release(of: "acme", version: nil) == nil)
        #expect(read(document, at: now + .seconds(60))?.contains("it expired on") == true)
        #expect(read(document, by: Self.key)?.contains("no good signature") == true)
        let longer = document["signed"]?.setting(["expires": "2099-01-01T00:00:00Z"]) ?? .null
        #expect(read(document.setting(["signed": longer]))?.contains("no good signature") == true)
        #expect(read("text") == "it is not an index of plugins")
    }
}
