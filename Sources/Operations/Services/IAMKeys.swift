internal import AWS
internal import Engine
internal import Rotation
internal import Secrets

/// IAM and STS as the engine asks them.
struct IAMKeys: AccessKeyService {
    let iam: IAM

    func listAccessKeys(of user: String) async throws(Failure) -> [AccessKey] {
        do throws(AWSError) { return try await iam.listAccessKeys(of: user) } catch { throw Failure(error) }
    }

    func createAccessKey(of user: String, under tenure: Tenure) async throws(Failure) -> (key: AccessKey, pair: KeyPair)
    {
        do throws(AWSError) { return try await iam.permitted(by: { tenure.isHeld }).createAccessKey(of: user) } catch {
            throw Failure(error)
        }
    }

    func setStatus(
        _ status: AccessKey.Status, of id: AccessKeyID, of user: String, under tenure: Tenure
    ) async throws(Failure) {
        do throws(AWSError) { try await iam.permitted(by: { tenure.isHeld }).setStatus(status, of: id, of: user) } catch
        { throw Failure(error) }
    }

    func deleteAccessKey(_ id: AccessKeyID, of user: String, under tenure: Tenure) async throws(Failure) {
        do throws(AWSError) { try await iam.permitted(by: { tenure.isHeld }).deleteAccessKey(id, of: user) } catch {
            throw Failure(error)
        }
    }

    func lastUse(of id: AccessKeyID) async throws(Failure) -> LastUse? {
        do throws(AWSError) { return try await iam.lastUse(of: id) } catch { throw Failure(error) }
    }

    func holder(of pair: KeyPair, expecting user: String) async throws(Failure) -> KeyHolder {
        do throws(AWSError) {
            let arn = try await iam.identity(of: pair)
            return ARN(arn).isUser(named: user) ? .expected : .another(arn)
        } catch {
            // A key that has not spread yet is denied as well: there is nothing to do about it.
            throw Failure(Failure.Kind(error.code), error.description)
        }
    }
}

extension Failure {
    /// What an error of AWS means for a rotation, with what to do about it.
    init(_ error: AWSError) {
        let kind = Kind(error.code)
        let next =
            switch kind {
            case .denied: "; `keyturn check --online` shows who keyturn is in AWS, `keyturn policy` what it needs"
            case .noSuchUser:
                "; is the name right, and the account? `keyturn check --online` shows as whom keyturn asks"
            case .ownKey: "; `keyturn retry USER` goes on then"
            case .unreachable, .lost, .limitExceeded, .refused: ""
            }
        self.init(kind, error.description + next)
    }
}

extension Failure.Kind {
    init(_ code: AWSError.Code) {
        self =
            switch code {
            case .denied, .unknownKey: .denied
            case .ownKey: .ownKey
            case .unreachable: .unreachable
            case .lost: .lost
            case .limitExceeded: .limitExceeded
            case .noSuchEntity: .noSuchUser
            case .refused: .refused
            }
    }
}
