/// A page of a list, and the request for the page after it.
public struct ListPage<Item> {
    let items: [Item]
    let next: HTTPRequest?

    /// A page.
    ///
    /// - Parameter next: nil: this is the last one.
    public init(_ items: [Item], next: HTTPRequest?) {
        self.items = items
        self.next = next
    }
}

extension Call {
    /// Reads a list that comes in pages, from the first to the last.
    ///
    /// - Parameters:
    ///   - first: the request for the first page.
    ///   - most: more pages than that are a mistake of the service's.
    ///   - subject: what a failure's message begins with.
    ///   - page: reads an answer; the pages that came before it are counted. It throws where the answer is not a page.
    public func list<Item>(
        _ first: HTTPRequest, most: Int, about subject: String,
        _ page: (HTTPResponse, Int) throws(PushFailure) -> ListPage<Item>
    ) throws(PushFailure) -> [Item] {
        var items: [Item] = []
        var request = first
        for number in 0..<most {
            let found = try page(try http(request, about: subject), number)
            items += found.items
            guard let next = found.next else { return items }
            request = next
        }
        throw PushFailure(.internal, "\(subject): the list does not end")
    }
}
