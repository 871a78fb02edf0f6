internal import HTTP
internal import PlainText
internal import Secrets
internal import Synchronization

/// Gets a file from an address that the operator gave: over https, or http from this machine; bounded in size, time and redirects.
struct Download {
    /// The longest that it may take, with all redirects.
    private static let timeLimit: Duration = .seconds(300)
    private static let redirectLimit = 5

    let http: HTTPClient

    /// What was got, and where it came from in the end.
    struct Result {
        var bytes: [UInt8]
        var url: HTTPURL
    }

    private final class Body: Sendable {
        let bytes = Mutex<[UInt8]>([])
    }

    /// Whether a text is a URL of any kind.
    static func isURL(_ text: String) -> Bool { text.contains("://") }

    /// Reads a URL that something may be got from.
    static func url(_ text: String) throws -> HTTPURL {
        let url: HTTPURL
        do throws(HTTPURL.Malformed) { url = try HTTPURL(text) } catch {
            throw OperationFailure(.failed, "\(PlainText.line(text, limit: 200)): \(error.description)")
        }
        guard url.scheme == .https || url.isLoopback else {
            throw OperationFailure(
                .failed, "\(url.description): plain http is for this machine alone: give an https URL")
        }
        return url
    }

    /// Gets it.
    ///
    /// - Parameter limit: the most bytes that it may have.
    func get(_ start: HTTPURL, limit: Int) async throws -> Result {
        let end = ContinuousClock.now + Self.timeLimit
        var url = start
        for _ in 0...Self.redirectLimit {
            let body = Body()
            let response = try await send(url, from: start, within: end - ContinuousClock.now, limit: limit) { piece in
                body.bytes.withLock { $0.append(contentsOf: piece) }
            }
            switch response.status {
            case 200: return Result(bytes: body.bytes.withLock { $0 }, url: url)
            case 301, 302, 303, 307, 308: url = try redirect(response, from: url)
            default: throw failure(url, "the server answers \(response.status)", isTemporary: response.status >= 500)
            }
        }
        throw failure(start, "it redirects more than \(Self.redirectLimit) times")
    }

    private func send(
        _ url: HTTPURL, from start: HTTPURL, within time: Duration, limit: Int,
        _ sink: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
    ) async throws -> HTTPResponse {
        guard time > .zero else { throw failure(start, "it takes longer than 5 minutes", isTemporary: true) }
        var request = HTTPRequest(
            method: .get, url: url.description, headers: .text("Accept: */*\n"), timeout: time, responseLimit: limit)
        request.sink = sink
        // Where the operator's own server redirects to is its word, not the operator's.
        request.reach = url == start || start.isLoopback ? .configured : .abroad
        do throws(HTTPError) { return try await http.send(request) } catch {
            switch error.code {
            case .tooLarge: throw failure(url, "it is larger than \(limit >> 20) MiB")
            case .unreachable, .lost, .timedOut, .crowded: throw failure(url, error.description, isTemporary: true)
            case .refused, .cancelled, .tls: throw failure(url, error.description)
            }
        }
    }

    /// The same rules hold for where it leads.
    private func redirect(_ response: HTTPResponse, from url: HTTPURL) throws -> HTTPURL {
        guard let location = response.headers.first(where: { $0.name == "location" })?.value else {
            throw failure(url, "it redirects to nowhere")
        }
        let shown = PlainText.line(location, limit: 200)
        let target: HTTPURL
        do throws(HTTPURL.Malformed) { target = try HTTPURL(location, relativeTo: url) } catch {
            throw failure(url, "it redirects to \(shown): \(error.description)")
        }
        // Never from another machine to this one, nor from TLS to plain text.
        guard target.scheme == .https || target.isLoopback && url.isLoopback && url.scheme == .http else {
            throw failure(url, "it redirects to \(shown), which is not https")
        }
        return target
    }

    private func failure(_ url: HTTPURL, _ reason: String, isTemporary: Bool = false) -> OperationFailure {
        OperationFailure(
            isTemporary ? .unavailable : .failed, "\(url.description): \(reason). Nothing was changed")
    }
}
