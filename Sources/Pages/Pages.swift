/// The scripts and styles of pictures and pages that pyflame writes, kept as files of their own and
/// compiled in. Each script declares classes and functions and does nothing by itself.
public enum Pages {
    /// Decoding of what a page holds, the tree of calls, and what of it is to be seen.
    public static var sharedScript: String {
        joined([
            PackageResources.data_js, PackageResources.search_js, PackageResources.text_js,
            PackageResources.scene_js,
        ])
    }

    /// `Picture`, for an SVG; follows `sharedScript`.
    public static var pictureScript: String {
        joined([PackageResources.frames_js, PackageResources.controls_js, PackageResources.picture_js])
    }

    public static var pictureStyle: String {
        joined([PackageResources.picture_css, PackageResources.palette_css])
    }

    /// `Report`, for an HTML page; follows `sharedScript`.
    public static var reportScript: String {
        joined([
            PackageResources.samples_js, PackageResources.totals_js, PackageResources.dom_js,
            PackageResources.flame_js, PackageResources.timeline_js, PackageResources.tables_js,
            PackageResources.source_js, PackageResources.report_js,
        ])
    }

    public static var reportStyle: String {
        joined([PackageResources.report_css, PackageResources.palette_css])
    }

    private static func joined(_ files: [[UInt8]]) -> String {
        files.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    }
}
