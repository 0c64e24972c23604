/// The scripts and styles of pictures and pages that pyflame writes, kept as files of their own and
/// compiled in. Each script declares classes and functions and does nothing by itself.
public enum Pages {
    /// Decoding of what a page holds, and the tree of calls.
    public static var sharedScript: String {
        joined([PackageResources.data_js, PackageResources.search_js, PackageResources.text_js])
    }

    /// `Picture`, for an SVG; follows `sharedScript`.
    public static var pictureScript: String {
        joined([PackageResources.scene_js, PackageResources.controls_js, PackageResources.picture_js])
    }

    public static var pictureStyle: String {
        joined([PackageResources.picture_css, PackageResources.palette_css])
    }

    private static func joined(_ files: [[UInt8]]) -> String {
        files.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    }
}
