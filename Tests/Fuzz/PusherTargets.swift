import Glibc

@testable import HTTP
@testable import PlainText
@testable import PusherHost
@testable import RunnerProtocol
@testable import Secrets

/// The host's side of a runner's socket: frames, their order, and all that is done with what they hold.
enum RunnerTarget: FuzzTarget {
    static let name = "runner"
    private static let redactor = Redactor([.text("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")])
    private static let grant = Grant(hosts: ["api.example.com", "*.ci.example.org"], endpoint: "http://127.0.0.1:4000")

    static var seeds: [[UInt8]] {
        var outcome = Outcome(code: 3)
        (outcome.message, outcome.keyID, outcome.retryAfter) = ("later \u{202E}", "AKIAEXAMPLE", 1_000)
        let frames = [
            Frame(.confined, payload: Confined(parts: ["limits", "landlock 4"]).payload),
            Frame(.loaded, payload: Loaded(id: "x", manifest: #"{"id":"x"}"#).payload),
            Frame(.outcome, payload: Outcome(code: 0).payload),
            Frame(.secret, call: 1, payload: RequestTarget.seeds[0]),
            Frame(.secret, call: 1, payload: Array("{}".utf8)),
            Frame(
                .httpRequest, call: 1,
                payload: WireRequest(number: 1, method: "PUT", url: "https://api.example.com/x", timeLimit: 0).payload),
            Frame(.log, call: 1, payload: LogLine(level: 2, text: "a line").payload),
            Frame(.outcome, call: 1, payload: outcome.payload),
        ]
        var stream: [UInt8] = []
        frames.forEach { $0.write(to: &stream) }
        return [stream, Array(stream.prefix(200)), []]
    }

    static func take(_ bytes: UnsafeRawBufferPointer) {
        // The first byte says into what pieces the rest is cut.
        let piece = Int(bytes.first ?? 0) * 7 + 1
        var input = RunnerInput()
        var rest = bytes.dropFirst()
        do throws(ProtocolError) {
            while !rest.isEmpty {
                input.append(UnsafeRawBufferPointer(rebasing: rest.prefix(piece)))
                rest = rest.dropFirst(piece)
                while let message = try input.next(isLive: { $0 % 3 == 1 }) { judge(message) }
            }
        } catch { demand(!error.description.isEmpty, "an error says why") }
    }

    private static func judge(_ message: RunnerInput.Message) {
        switch message {
        case .confined(let words): demand(words.count <= 8, "parts of an enclosure are few")
        case .loaded(let loaded): _ = try? Manifest(text: loaded.manifest, at: "manifest.json")
        case .refused(let refused): showable(CallReport.oneLine(refused.reason, redactor))
        case .opened(let outcome), .outcome(_, let outcome):
            let report = CallReport(outcome, redactor)
            showable(report.message)
            demand((report.retryAfter ?? .zero) <= PusherLimits.retryAfter, "a wait has a bound")
        case .request(_, let wanted, var fields, var body):
            if let request = try? PluginRequest.checked(wanted, fields: &fields, body: &body, grant) {
                RequestTarget.demandSound(request)
            }
        case .awsRequest(_, let wanted, var body):
            let granted = ["ssm:PutParameter"]
            if let request = try? AWSRequest(wanted, body: &body, granted, in: [wanted.region], within: .seconds(1)) {
                demand(request.operation.description == granted[0], "what was not granted is not sent")
                demand(
                    (request.region ?? "").utf8.allSatisfy {
                        $0 == 0x2D || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0)
                    }, "a region is nothing but a region")
            }
        case .place(_, let place):
            let found = FoundPlace(place, redactor)
            showable(found.place, 300)
            showable(found.keyID ?? "", 128)
            showable(found.changedAt ?? "", 64)
            showable(found.audience, 300)
            found.names.forEach { showable($0, 300) }
        case .scope(_, let scope): showable(FoundScope(scope, redactor).name, 300)
        case .gap(_, let gap):
            let unseen = FoundGap(gap, redactor)
            showable(unseen.part, 300)
            showable(unseen.message)
            demand(!["ok", "unchanged"].contains("\(unseen.outcome)"), "what was not seen is not a success")
        case .log(_, let line): showable(CallReport.oneLine(line.text, redactor, limit: 2_000), 2_000)
        }
    }

    private static func showable(_ text: String, _ limit: Int = 1_000) {
        demand(text.utf8.count <= limit && PlainText.isShowable(text), "what is shown can be shown")
    }
}

/// Header fields and URL of a plugin's request.
enum RequestTarget: FuzzTarget {
    static let name = "request"
    private static let grant = Grant(
        hosts: ["api.example.com", "*.ci.example.org", "127.0.0.2"], endpoint: "https://ci.example.org:8443")

    static var seeds: [[UInt8]] {
        var fields: [UInt8] = []
        for text in ["Authorization", "token x", "Content-Type", "application/json", "X-Empty", ""] {
            Array(text.utf8).withUnsafeBytes { HeaderFields.append($0, to: &fields) }
        }
        let urls = [
            "https://api.example.com/a%2Fb?c=d", "http://127.0.0.1:80/", "https://[::1]/",
            "https://user@api.example.com/",
            "https://ci.example.org:8443", "http://0x7f.1/",
        ]
        return [fields] + urls.map { Array($0.utf8) + [0] + fields }
    }

    static func take(_ bytes: UnsafeRawBufferPointer) {
        let url = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        for method in ["PUT", "GET"] {
            var fields = Array(bytes.dropFirst(url.utf8.count + 1))
            var body = Array("x".utf8.prefix(method == "PUT" ? 1 : 0))
            let wanted = WireRequest(number: 1, method: method, url: url, timeLimit: 0)
            if let request = try? PluginRequest.checked(wanted, fields: &fields, body: &body, grant) {
                demandSound(request)
            }
        }
    }

    static func demandSound(_ request: HTTPRequest) {
        guard let url = try? HTTPURL(request.url) else { preconditionFailure("what was checked can be read again") }
        demand(url.scheme == .https || url.isLoopback, "plain http goes to this machine only")
        demand(url.description == request.url, "what is sent is what was checked")
        request.headers.withBytes { bytes in
            for line in bytes.split(separator: 0x0A) {
                demand(line.allSatisfy { $0 == 9 || ($0 >= 0x20 && $0 != 0x7F) }, "a field has no control characters")
                let name = String(decoding: line.prefix { $0 != 0x3A && $0 != 0x3B }, as: UTF8.self).lowercased()
                demand(
                    !["host", "content-length", "transfer-encoding", "connection", "te", "upgrade", "expect"].contains(
                        name),
                    "framing is the host's")
            }
        }
    }
}

/// Manifests, which are read before a plugin is trusted.
enum ManifestTarget: FuzzTarget {
    static let name = "manifest"

    static var seeds: [[UInt8]] {
        [
            #"{"id":"x","version":"1.2.3-rc.1+b","summary":"s","abi":{"min":1,"max":1},"hosts":["*.a.example"],"threads":"one","secrets":["t"],"place":["p"],"exclusive":["p"],"shapes":{"f":["v"]},"pace":{"limits":[{"seconds":60,"cost":80,"write":1,"applies":"refused"}],"push":{"read":2,"write":2},"pause":60},"configuration":{"type":"object","properties":{"t":{"type":"string","pattern":"^a+$"}}},"target":{"oneOf":[{"required":["a"]}]}}"#,
            #"{"id":"x","files":{"read":["/a"],"write":["/b"]},"network":true,"programs":true}"#, "[]", "",
        ].map { Array($0.utf8) }
    }

    static func take(_ bytes: UnsafeRawBufferPointer) {
        do throws(PluginError) {
            let manifest = try Manifest(text: String(decoding: bytes, as: UTF8.self), at: "manifest.json")
            demand(
                PlainText.isShowable(manifest.id + manifest.version + manifest.summary), "what is shown can be shown")
            demand(manifest.asks.words.allSatisfy(PlainText.isShowable), "what it asks for can be shown")
            _ = manifest.pace.shortestTime(ofPushes: 2_000)
            let pace = Pace(manifest.pace, isVendor: true)
            if case .success(var reservation) = pace.reserve(at: .now) {
                _ = pace.admit("POST", &reservation, at: .now)
                pace.release(reservation, at: .now)
            }
        } catch { demand(error.description.hasPrefix("manifest.json: "), "an error says where") }
    }
}

/// `keyturn.lock`.
enum LockFileTarget: FuzzTarget {
    static let name = "lock"

    static var seeds: [[UInt8]] {
        let sum = String(repeating: "0123456789abcdef", count: 4)
        return [
            #"{"version":1,"plugins":{"x":{"version":"1.0.0","library":"sha256:\#(sum)","manifest":"sha256:\#(sum)","hosts":["a.example"],"signer":"ed25519:\#(sum)"}}}"#,
            #"{"version":1,"plugins":{}}"#, "{", "",
        ].map { Array($0.utf8) }
    }

    static func take(_ bytes: UnsafeRawBufferPointer) {
        do throws(PluginError) {
            let file = try LockFile(text: String(decoding: bytes, as: UTF8.self), path: "keyturn.lock")
            demand(file.pins.keys.allSatisfy(PlainText.isShowable), "what is shown can be shown")
        } catch { demand(error.description.hasPrefix("keyturn.lock"), "an error says where") }
    }
}

/// A library's headers, before it is pinned.
enum LibraryTarget: FuzzTarget {
    static let name = "library"

    static var seeds: [[UInt8]] {
        // This program is position-independent, so its headers are those of a library.
        var own: [UInt8] = [UInt8](repeating: 0, count: 65_536)
        let descriptor = open("/proc/self/exe", O_RDONLY)
        defer { close(descriptor) }
        own.removeLast(own.count - max(0, read(descriptor, &own, own.count)))
        return [own, Array(own.prefix(64)), Array("\u{7F}ELF".utf8)]
    }

    static func take(_ bytes: UnsafeRawBufferPointer) {
        do throws(LibraryFile.Malformed) {
            let file = try LibraryFile(bytes)
            demand(file.versions.count <= 65_536, "a table has an end")
            _ = file.obstacle()
            var names = try file.undefinedSymbols()
            demand(names.reduce(0) { $0 + $1.utf8.count } <= LibraryFile.namesLimit, "names have an end")
            try file.subtractDefined(from: &names)
        } catch { demand(PlainText.isShowable(error.description), "a reason can be shown") }
    }
}
