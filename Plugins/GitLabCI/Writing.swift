import PusherKit

/// One variable and what it shall hold.
struct Writing {
    let key: String
    let value: SecretBytes
    /// Whether job logs mask it when keyturn creates it and the target does not say.
    let isMaskedWhenNew: Bool
    /// Whether the value that an answer shows is the one that was written.
    let isHeld: (SecretBytes) -> Bool

    /// A variable with one part of a pair.
    init(key: String, value: SecretBytes, isMaskedWhenNew: Bool) {
        self.key = key
        self.value = value
        self.isMaskedWhenNew = isMaskedWhenNew
        isHeld = { $0 == value }
    }

    /// A variable with both parts.
    init(key: String, file: CredentialsFile, keyID: String, secret: SecretBytes) {
        self.key = key
        value = file.contents(keyID: keyID, secret: secret)
        isMaskedWhenNew = false
        isHeld = { file.keyID(in: $0) == keyID && file.holds(secret, in: $0) }
    }

    /// Writes it, and makes sure that the answer is about this variable, in this scope, with this value.
    ///
    /// - Parameter exists: whether the variable is there, or nil to find out by trying to change it.
    func write(to target: Target, exists: Bool?, client: Client, call: borrowing Call) throws(PushFailure) -> Written {
        if exists != false {
            let response = try client.update(key, value, of: target, call: call)
            if response.status == 200 { return try confirm(response, target) }
            guard exists == nil, isMissingVariable(response) else { throw rejection(response, for: target, key: key) }
        }
        let response = try client.create(key, value, masked: isMaskedWhenNew, of: target, call: call)
        guard response.status == 201 else { throw rejection(response, for: target, key: key) }
        return try confirm(response, target)
    }

    private func confirm(_ response: HTTPResponse, _ target: Target) throws(PushFailure) -> Written {
        guard let answer = response.json(Variable.self), answer.key == key else {
            throw rejection(response, for: target, key: key)
        }
        let subject = "\(target.subject(key)): \(response.status)"
        guard target.matches(scope: answer.environmentScope) else {
            let scope = oneLine(answer.environmentScope ?? "none", limit: 60)
            throw PushFailure(
                .conflict,
                "\(subject), but GitLab wrote the variable of scope \(scope): set that one right, and create one of the "
                    + "wanted scope")
        }
        if target.shape.isFile, let type = answer.type, type != "file" {
            throw PushFailure(
                .retryable,
                "\(subject), but the answer shows a variable of type \(oneLine(type, limit: 20)), not file: it is not "
                    + "taken as a yes")
        }
        let isUnhidden = target.flags.hidden == true && answer.hidden == false
        guard let value = answer.value else {
            return Written(key: key, status: response.status, isReadBack: false, isUnhidden: isUnhidden)
        }
        guard isHeld(value) else {
            throw PushFailure(
                .retryable, "\(subject), but the answer shows another value: it is not taken as a yes")
        }
        return Written(key: key, status: response.status, isReadBack: true, isUnhidden: isUnhidden)
    }
}

/// A write that GitLab confirmed.
struct Written: CustomStringConvertible {
    let key: String
    let status: Int
    /// True where the answer showed the value; hidden variables show none.
    let isReadBack: Bool
    /// True where the target wants the variable hidden, and it is not.
    let isUnhidden: Bool

    var description: String {
        "\(key) \(status == 201 ? "created" : "updated") (\(status))" + (isUnhidden ? ", but \(notHidden)" : "")
    }
}

/// Said of a variable that was there before the target wanted it hidden.
let notHidden = "not hidden: GitLab hides only what is created so; delete it shortly before a rotation"
