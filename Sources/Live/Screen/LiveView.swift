/// What the user chose to see, and how keys change it.
public struct LiveView: Equatable, Sendable {
    public enum Order: Equatable, Sendable {
        case own, total, name
    }

    /// What a key asks for beyond the view itself.
    public enum Action: Equatable, Sendable {
        case quit, interrupt, save, reset
    }

    public var order = Order.own
    public var folding = LiveFolding.function
    public var counting: CountedThreads
    /// The last seconds, or all of the run.
    public var isWindow = true
    public var isPaused = false
    public var showsThreads = true
    public var showsHelp = false
    /// Rows must have this in name or file; case does not matter.
    public var filter = ""
    /// The filter is being typed.
    public var isTyping = false
    /// The first row that is shown.
    public var offset = 0
    /// What happened last, for the line of messages.
    public var message = ""

    public init(counting: CountedThreads = .gil) { self.counting = counting }

    /// Follows a key; `page` is the number of rows that are seen.
    public mutating func press(_ key: Key, page: Int) -> Action? {
        if isTyping {
            type(key)
            return key == .interrupt ? .interrupt : nil
        }
        message = ""
        let wasHelp = showsHelp
        showsHelp = false
        switch key {
        case .interrupt: return .interrupt
        case .character("q"): return .quit
        case .character("s"): order = .own
        case .character("t"): order = .total
        case .character("n"): order = .name
        case .character("l"): folding = folding == .function ? .line : .function
        case .character("m"):
            counting = CountedThreads(rawValue: (counting.rawValue + 1) % CountedThreads.allCases.count) ?? .gil
        case .character("w"): isWindow.toggle()
        case .character("p"), .character(" "): isPaused.toggle()
        case .character("h"), .character("?"): showsHelp = !wasHelp
        case .character("x"): showsThreads.toggle()
        case .character("/"):
            isTyping = true
            filter = ""
            offset = 0
        case .character("f"): return .save
        case .character("r"): return .reset
        case .escape: if !wasHelp { filter = "" }
        case .up, .character("k"): offset = max(0, offset - 1)
        case .down, .character("j"): offset += 1
        case .pageUp: offset = max(0, offset - max(page, 1))
        case .pageDown: offset += max(page, 1)
        case .home, .character("g"): offset = 0
        case .end, .character("G"): offset = .max
        default: break
        }
        return nil
    }

    private mutating func type(_ key: Key) {
        switch key {
        case .enter: isTyping = false
        case .escape, .interrupt:
            isTyping = false
            filter = ""
        case .backspace: if !filter.isEmpty { filter.removeLast() }
        case .character(let scalar) where filter.unicodeScalars.count < 100:
            filter.unicodeScalars.append(scalar)
        default: break
        }
        offset = 0
    }

    /// The rows to be shown, in order.
    public func arranged(_ rows: [LiveRow]) -> [LiveRow] {
        var kept = rows
        if !filter.isEmpty {
            let wanted = filter.lowercased()
            kept.removeAll { !$0.name.lowercased().contains(wanted) && !$0.file.lowercased().contains(wanted) }
        }
        func isBefore(_ left: LiveRow, _ right: LiveRow) -> Bool {
            switch order {
            case .own where left.own != right.own: return left.own > right.own
            case .own, .total:
                if left.total != right.total { return left.total > right.total }
                if left.own != right.own { return left.own > right.own }
            case .name: break
            }
            return (left.name, left.file, left.line) < (right.name, right.file, right.line)
        }
        return kept.sorted(by: isBefore)
    }
}
