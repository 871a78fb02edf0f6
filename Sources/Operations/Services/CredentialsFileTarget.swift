internal import AWS
internal import PusherHost
internal import Rotation
internal import Secrets

/// The profile from which keyturn reads its own key, as a target.
struct CredentialsFileTarget: BuiltInTarget {
    let file: CredentialsFile

    func answer(_ question: PusherHost.Question) -> CallReport {
        let place = "profile \(file.profile) in \(file.path)"
        do throws(CredentialsFile.Failure) {
            switch question {
            case .check:
                return CallReport(.ok, "\(place): holds \(try file.keyID()), and can be written")
            case .find, .below: return CallReport(.unsupported, "there are no places around it")
            case .inspect:
                let id = try file.keyID()
                return CallReport(.ok, "\(place): holds \(id)", keyID: id)
            case .push(let pair, _):
                let isNew = try file.write(pair)
                return CallReport(
                    isNew ? .ok : .unchanged, "\(place): holds \(pair.id), as was read back", evidence: .readBack,
                    keyID: pair.id.rawValue)
            }
        } catch {
            let outcome: PushResult.Outcome =
                switch error.trouble {
                case .missing: .notFound
                case .forbidden: .unauthorized
                case .unsettled: .conflict
                case .passing: .retryable
                }
            return CallReport(outcome, error.description)
        }
    }
}
