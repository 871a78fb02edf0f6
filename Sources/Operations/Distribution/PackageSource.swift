internal import Engine
internal import FoundationEssentials
internal import HTTP
internal import PlainText

/// Where a package comes from, as it was typed: a file, a URL, or a name in an index.
enum PackageSource: Hashable {
    case file(String)
    case url(String)
    case name(String, version: String?)

    /// Reads `acme-ci-1.4.0.tar`, `https://…`, `acme-ci` or `acme-ci@1.4.0`.
    init(_ text: String) {
        if Download.isURL(text) {
            self = .url(text)
        } else if text.contains("/") || text.hasSuffix(".tar") || FileManager.default.fileExists(atPath: text) {
            self = .file(text)
        } else {
            let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
            self = .name(String(parts[0]), version: parts.count > 1 ? String(parts[1]) : nil)
        }
    }
}

/// A package as it came, not looked at yet.
struct FetchedPackage {
    var bytes: [UInt8]
    /// The file or the URL.
    var source: String
    /// The index that has it, and the key that this names for it.
    var index: (url: String, signer: String)?
    /// SHA-256 that it must have; nil: any.
    var hash: String?
}

/// An index that may be asked.
struct AskedIndex: Hashable {
    var url: String
    var signer: String
}

/// Gets packages, and the indexes that they are listed in.
struct PackageFetcher {
    let context: OperationContext
    let http: HTTPClient

    /// Reads a file or a URL.
    func get(_ source: String) async throws -> FetchedPackage {
        guard Download.isURL(source) else {
            return FetchedPackage(bytes: try BoundedFile.read(source, limit: TarArchive.sizeLimit), source: source)
        }
        let result = try await Download(http: http).get(try Download.url(source), limit: TarArchive.sizeLimit)
        return FetchedPackage(bytes: result.bytes, source: source)
    }

    /// What the first of these indexes that has a plugin of that name says of it.
    func find(_ id: String, version: String?, in indexes: [AskedIndex]) async throws -> FoundRelease {
        var names: [String] = []
        for asked in indexes {
            let (index, url) = try await index(asked)
            names += index.plugins.keys
            if let (version, release) = index.release(of: id, version: version) {
                return FoundRelease(version: version, release: release, asked: asked, base: url)
            }
        }
        let list = indexes.map(\.url).joined(separator: ", ")
        let wanted = version.map { "\(id) \($0)" } ?? id
        throw OperationFailure(.failed, "there is no plugin \(PlainText.line(wanted, limit: 200)) in \(list)")
    }

    /// Gets what an index lists.
    func get(_ found: FoundRelease) async throws -> FetchedPackage {
        let url: HTTPURL
        do throws(HTTPURL.Malformed) { url = try HTTPURL(found.release.url, relativeTo: found.base) } catch {
            throw OperationFailure(
                .failed,
                "\(found.asked.url): the address of version \(found.version) cannot be used: \(error.description)")
        }
        let start = try Download.url(url.description)
        // An index elsewhere does not lead to servers of this machine.
        guard !start.isLoopback || found.base.isLoopback else {
            throw OperationFailure(.failed, "\(found.asked.url): the address \(start.description) is of this machine")
        }
        let result = try await Download(http: http).get(start, limit: TarArchive.sizeLimit)
        return FetchedPackage(
            bytes: result.bytes, source: start.description, index: (found.asked.url, found.release.signer),
            hash: found.release.hash)
    }

    private func index(_ asked: AskedIndex) async throws -> (PluginIndex, HTTPURL) {
        let result = try await Download(http: http).get(try Download.url(asked.url), limit: PluginIndex.sizeLimit)
        do throws(PluginIndex.Fault) {
            return (try PluginIndex(result.bytes, signedBy: asked.signer, at: context.clock.now), result.url)
        } catch {
            throw OperationFailure(
                .notAllowed, Sentences.joined("\(asked.url): \(error.description)", "Nothing was changed"))
        }
    }
}

/// A version that an index lists.
struct FoundRelease {
    var version: String
    var release: PluginIndex.Release
    var asked: AskedIndex
    /// Where the index was found.
    var base: HTTPURL
}
