internal import Configuration
internal import FoundationEssentials
internal import Glibc
internal import Rotation

/// What someone who helps needs to see, in one JSON file that a person can read first. No secret is part of it: it is made of what
/// `doctor`, `--version --verbose`, `config show`, `plugin list`, `status` and `history` print.
package struct SupportBundle {
    /// The newest lines of the history.
    private static let lineLimit = 500

    private struct Document: Encodable {
        var keyturn: BuildInformation
        var made: String
        var doctor: [Finding]
        /// What could not be had, and why.
        var missing: [String: String]
        var configuration: EffectiveConfiguration?
        var plugins: [PluginLine]
        var status: StatusDocument?
        var history: HistoryDocument?
    }

    private struct PluginLine: Encodable {
        var id: String
        var version: String?
        var problem: String?
    }

    private let context: OperationContext
    private let findings: [Finding]

    package init(_ context: OperationContext, _ findings: [Finding]) {
        (self.context, self.findings) = (context, findings)
    }

    /// - Throws: ``OperationFailure`` where the file exists or cannot be written.
    package func write(to path: String) async throws {
        let bytes = try JSONText.bytes(try await document())
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw OperationFailure(.failed, "\(path): \(String(cString: strerror(errno))); nothing was written")
        }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress! + written, bytes.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let reason = String(cString: strerror(errno))
                unlink(path)
                throw OperationFailure(.failed, "\(path): \(reason); it was removed")
            }
            written += count
        }
    }

    private static func status(_ context: OperationContext) async throws -> StatusDocument {
        var inspection = try await StatusInspection(context)
        return try await inspection.run([], online: false).document
    }

    private func document() async throws -> Document {
        var document = Document(
            keyturn: BuildInformation(version: context.version, installation: context.installation),
            made: Moment.text(Moment.now), doctor: findings, missing: [:], configuration: nil, plugins: [])
        func attempt(_ part: String, _ body: () async throws -> Void) async {
            do { try await body() } catch { document.missing[part] = OperationFailure.words(error) }
        }
        await attempt("configuration") { document.configuration = try await EffectiveConfiguration(context, []) }
        await attempt("plugins") {
            document.plugins = try PluginCatalog(context).list().map {
                PluginLine(id: $0.id, version: $0.version, problem: $0.problem)
            }
        }
        await attempt("status") { document.status = try await Self.status(context) }
        await attempt("history") {
            document.history = try await HistoryDocument(context, HistoryQuery(limit: Self.lineLimit))
        }
        return document
    }
}
