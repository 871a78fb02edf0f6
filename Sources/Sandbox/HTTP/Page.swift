/// One page of a list, in the way that GitHub and GitLab number them: from 1.
struct Page: Sendable {
    let number: Int
    let size: Int
    let total: Int

    var pages: Int { max(1, (total + size - 1) / size) }
    var next: Int? { number < pages ? number + 1 : nil }
    var previous: Int? { number > 1 ? number - 1 : nil }

    func cut<Element>(_ all: [Element]) -> [Element] {
        guard number <= pages else { return [] }
        return Array(all.dropFirst((number - 1) * size).prefix(size))
    }

    /// The value of a `Link` header; nil when there is only one page.
    func link(to url: String, relations: [(name: String, page: Int?)]) -> String? {
        let links = relations.compactMap { relation in
            relation.page.map { "<\(url)?page=\($0)&per_page=\(size)>; rel=\"\(relation.name)\"" }
        }
        return links.isEmpty ? nil : links.joined(separator: ", ")
    }
}
