import PusherKit

extension Client {
    /// The failure that an answer means. Where the repository has another name now, that is looked up: GitHub's
    /// redirect says only its number.
    func rejection(
        _ response: HTTPResponse, for target: Target, name: String? = nil, call: borrowing Call
    ) -> PushFailure {
        var answers = Answers(target: target, isApp: credential.isApp)
        answers.newPlace = newPlace(in: response, of: target, call: call)
        return answers.failure(response, name: name)
    }

    private func newPlace(in response: HTTPResponse, of target: Target, call: borrowing Call) -> String? {
        guard (300..<400).contains(response.status), target.place.repository != nil,
            let location = response.header("location")
        else { return nil }
        let segments = location.prefix { $0 != "?" && $0 != "#" }.split(separator: "/").map(String.init)
        if let index = segments.firstIndex(of: "repos"), index + 2 < segments.count {
            let name = "\(segments[index + 1])/\(segments[index + 2])"
            return target.place.repository == ["repos", segments[index + 1], segments[index + 2]] ? nil : name
        }
        guard let index = segments.firstIndex(of: "repositories"), index + 1 < segments.count,
            segments[index + 1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        // To the endpoint and to nowhere else: it carries the token.
        let answer = try? send(.get, ["repositories", segments[index + 1]], for: target, call: call)
        guard let answer, answer.status == 200, let place = answer.json(MovedRepository.self) else { return nil }
        return place.name
    }
}

/// The name of a repository.
private struct MovedRepository: JSONReadable {
    let name: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        name = try fields.value("full_name")
    }
}
