import Output

/// A row of coloured squares with what they mean, until it is full.
struct PictureLegend {
    private let y: Int
    private let right: Int
    private var x: Int
    private var content = ""

    init(y: Int, left: Int, right: Int) {
        self.y = y
        self.right = right
        x = left
    }

    mutating func add(colour: String, text: String) {
        // Wide enough for most fonts.
        let width = 16 + text.count * 7 + 14
        guard x + width <= right else { return }
        content += "<rect class=\"\(colour)\" x=\"\(x)\" y=\"\(y - 9)\" width=\"11\" height=\"11\" rx=\"2\"/>"
        content += "<text x=\"\(x + 16)\" y=\"\(y)\">\(xmlEscaped(text))</text>"
        x += width
    }

    var svg: String { "<g class=\"legend\">\(content)</g>\n" }
}
