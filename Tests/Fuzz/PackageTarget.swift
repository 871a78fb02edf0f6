import JSON
@testable import Operations
@testable import PlainText
@testable import PusherHost
import Rotation

/// Packages of plugins, before and after their signature was found good.
enum PackageTarget: FuzzTarget {
    static let name = "package"
    private static let key = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="

    static var seeds: [[UInt8]] {
        let list = PackageList(
            id: "acme-ci", version: "1.0.0", signer: key,
            files: [PackageList.File(.manifest, Array("{}".utf8)), PackageList.File(.library, [0x7F])])
        let files: [(name: String, content: [UInt8])] = [
            ("acme-ci/package.txt", Array(list.text.utf8)), ("acme-ci/package.sig", Array("AA==\n".utf8)),
            ("acme-ci/manifest.json", Array("{}".utf8)), ("acme-ci/pusher.so", [0x7F]),
        ]
        return [TarArchive.bytes(files), TarArchive.bytes([]), Array(list.text.utf8), []]
    }

    static func take(_ bytes: UnsafeRawBufferPointer) {
        let bytes = Array(bytes)
        if let list = String(validating: bytes, as: UTF8.self).flatMap(PackageList.init) {
            demand(Array(list.text.utf8) == bytes, "a list has one text")
            demand(Set(list.files.map(\.name)).count == list.files.count, "a file is listed once")
        }
        do throws(TarArchive.Fault) {
            let archive = try TarArchive(bytes)
            demand(archive.entries.count <= TarArchive.entryLimit, "files are few")
            for entry in archive.entries {
                demand(entry.content.upperBound <= bytes.count, "a file is inside of the archive")
                demand(!entry.name.hasPrefix("/") && !entry.name.contains(".."), "a name leads nowhere else")
            }
            let again = archive.entries.map { (name: $0.name, content: Array(bytes[$0.content])) }
            demand(TarArchive.bytes(again) == bytes, "the same files have the same bytes")
        } catch { demand(PlainText.isShowable(error.description), "a reason can be shown") }
        do {
            _ = try PluginPackage(bytes, in: "/nowhere") { _ in }
        } catch { demand(error is PackageFault, "what is refused has a reason") }
    }
}

/// Indexes of plugins.
enum IndexTarget: FuzzTarget {
    static let name = "index"

    static var seeds: [[UInt8]] {
        [
            #"{"signed":{"version":1,"expires":"2026-12-31T00:00:00Z","plugins":{"a":{"1.0.0":{"url":"a.tar","sha256":"","signer":""}}}},"signer":"","signature":"AA=="}"#,
            "{}", "",
        ].map { Array($0.utf8) }
    }

    static func take(_ bytes: UnsafeRawBufferPointer) {
        let signer = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
        do throws(PluginIndex.Fault) {
            _ = try PluginIndex(Array(bytes), signedBy: signer, at: Timestamp(milliseconds: 0))
            demand(false, "nothing is signed by chance")
        } catch { demand(PlainText.isShowable(error.description), "a reason can be shown") }
    }
}
