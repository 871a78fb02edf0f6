import PusherKit

extension Client {
    /// The failure that an answer means. Where the project or group has moved, its new path is looked up: GitLab says
    /// only its number.
    func rejection(
        _ response: HTTPResponse, for target: Target, key: String? = nil, call: borrowing Call
    ) -> PushFailure {
        let answers = Answers(target: target, newPlace: newPlace(of: target, response, call: call))
        return answers.failure(response, key: key)
    }

    private func newPlace(of target: Target, _ response: HTTPResponse, call: borrowing Call) -> String? {
        guard let field = target.place.field, let id = target.place.id else { return nil }
        var found = placeName(in: response, segment: field.segment, id)
        if found == nil, response.status == 405 {
            // The answer to a write names no place; the one to a reading request does.
            let asked = try? call.http(request(.get, ["api", "v4", field.segment, id]), about: target.subject())
            found = asked.flatMap { placeName(in: $0, segment: field.segment, id) }
        }
        guard let found, found.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return found
        }
        let answer = try? call.http(request(.get, ["api", "v4", field.segment, found]), about: target.subject())
        guard let answer, answer.status == 200, let place = answer.json(PlacePath.self) else { return found }
        return place.path ?? found
    }

    /// Where a project or group is now, if the answer says so: GitLab redirects from old paths, by number or by new path.
    private func placeName(in response: HTTPResponse, segment: String, _ id: String) -> String? {
        guard (300..<400).contains(response.status) || response.status == 404 || response.status == 405,
            let location = response.header("location")
        else { return nil }
        let segments = location.prefix { $0 != "?" && $0 != "#" }.split(separator: "/")
        guard let index = segments.lastIndex(where: { $0 == segment }), index + 1 < segments.count,
            segments.prefix(index).suffix(2).elementsEqual(["api", "v4"])
        else { return nil }
        // The characters of paths need no encoding, but for the slashes between them.
        let name = String(segments[index + 1]).replaced("%2F", by: "/").replaced("%2f", by: "/")
        return name == id ? nil : name
    }
}

/// The path of a project or a group.
struct PlacePath: JSONReadable {
    let project: String?
    let group: String?

    var path: String? { project ?? group }

    init(json fields: JSONValue) throws(JSONMismatch) {
        project = try fields.optional("path_with_namespace")
        group = try fields.optional("full_path")
    }
}
