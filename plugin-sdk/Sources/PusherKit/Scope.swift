import CKeyturnPusher
import CPusherKit

/// Where `find` looks: an organization, a group, a repository.
public struct Scope {
    /// As the operator named it, or as the plugin did: "acme", "acme/app".
    public let name: String
    /// What the plugin said of a scope that it found; nil for one that the operator named.
    public let fields: JSONValue?

    /// A field's text; nil where there is none.
    public func text(_ name: String) -> String? { fields.flatMap { $0[name] }.flatMap { try? String(json: $0) } }
}

/// What a call of `find` reports to, while it lasts.
public struct Finder: ~Copyable {
    let call: UnsafePointer<kt_call>
    let found: UnsafePointer<kt_found>
    let redaction: Redaction
    private let counts = Counts()

    /// What a call has reported. One thread at a time does.
    private final class Counts {
        var places = 0
        var scopes = 0
        var gaps = 0
    }

    init(call: UnsafePointer<kt_call>, found: UnsafePointer<kt_found>, redaction: Redaction) {
        self.call = call
        self.found = found
        self.redaction = redaction
    }

    /// Reports a place of this scope.
    public func report(_ place: FoundPlace) {
        guard let report = kt_report_place(found)?.pointee ?? nil else { return }
        counts.places += 1
        // One more than the host takes: it says then that there are more.
        if counts.places <= FoundPlace.most + 1 { place.report(to: call, report, redaction) }
    }

    /// Reports a scope below this one, which is asked about in a call of its own.
    ///
    /// - Parameters:
    ///   - name: as people see it.
    ///   - fields: what that call is to know.
    public func scope(_ name: String, _ fields: [(name: String, value: String)] = []) {
        guard let report = kt_report_scope(found)?.pointee ?? nil else { return }
        counts.scopes += 1
        guard counts.scopes <= Int(KT_MAX_SCOPES) + 1 else { return }
        let (text, json) = (SecretBytes(redaction.clean(name)), objectText(fields))
        withExtendedLifetime((text, json)) {
            var raw = kt_scope()
            raw.size = size(of: kt_scope.self)
            raw.name = text.borrowedString
            raw.fields = json.borrowedString
            report(call, &raw)
        }
    }

    /// Reports a part of the scope that was not seen: not permitted, cannot be asked, or failed.
    ///
    /// - Parameters:
    ///   - part: "Codespaces secrets of acme/app".
    ///   - failure: why.
    /// - Throws: the failure itself where no further request would go better: the call is cancelled, out of time or paused.
    public func gap(_ part: String, _ failure: PushFailure) throws(PushFailure) {
        switch failure.reason {
        case .cancelled, .timedOut, .rateLimited: throw failure
        default: break
        }
        guard let report = kt_report_gap(found)?.pointee ?? nil else { return }
        counts.gaps += 1
        guard counts.gaps <= Int(KT_MAX_GAPS) else { return }
        let texts = [part, failure.message].map { SecretBytes(redaction.clean($0)) }
        withExtendedLifetime(texts) {
            var raw = kt_found_gap()
            raw.size = size(of: kt_found_gap.self)
            raw.outcome = failure.reason.code
            raw.part = texts[0].borrowedString
            raw.message = texts[1].borrowedString
            report(call, &raw)
        }
    }

    /// What `body` gives, or nil where it fails, which is reported as a part that was not seen.
    public func seen<Value>(
        _ part: String, _ body: () throws(PushFailure) -> Value
    ) throws(PushFailure) -> Value? {
        let failure: PushFailure
        do throws(PushFailure) { return try body() } catch { failure = error }
        try gap(part, failure)
        return nil
    }
}
