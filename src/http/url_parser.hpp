// The parser behind skein::url (WHATWG URL 4.4, the part for special schemes). Knows no host syntax: that is
// host.hpp.
#pragma once

#include <skein/url.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skein::detail {

/// Why a text is no URL. The views live as long as the text that was parsed.
struct url_fault {
    std::string_view what;    ///< completes the sentence "it ..."
    std::size_t at = 0;       ///< byte offset in the text
    std::string_view scheme;  ///< the scheme, if it is the fault
};

/// Parses one text into one url. In the usual case, a text that is in normal form already, that is one scan
/// and one copy; else the normal form is built up component by component. Linear in the text and the base.
class url_parser {
public:
    /// `out` gets the result; its value after a failure is of no use. `base` may be null.
    url_parser(url& out, const url* base) noexcept : out_(out), base_(base) {}

    /// True if the text is a URL; else see fault().
    bool run(std::string_view text);
    const url_fault& fault() const noexcept { return fault_; }

    /// A url with nothing in it, for run() to fill.
    static url blank() { return url(); }

    /// Parses as a browser does: C0 controls around the text are ignored, tabs and line breaks anywhere.
    static std::optional<url> parse_as_browser(std::string_view text, const url* base);

private:
    enum class scheme_kind : std::uint8_t { none, unsupported, known };

    bool take_normal(std::string_view text);
    bool take_with_root_path(std::string_view text);
    static const char* skip_normal_host(const char* p, const char* end);
    static const char* skip_normal_path(const char* p, const char* end);
    const char* read_normal_port(const char* p, const char* end);

    bool build();
    scheme_kind read_scheme();
    bool append_authority();
    bool append_host_and_port(std::string_view text);
    bool read_port(std::string_view digits);
    void copy_base(std::size_t end);
    bool append_reference();
    bool append_path();
    bool append_query_and_fragment();
    bool append(std::string_view part, int classes);

    bool fail(std::string_view what, const char* where);
    std::uint32_t here() const noexcept { return static_cast<std::uint32_t>(out_.text_.size()); }

    url& out_;
    const url* base_;
    std::string_view text_;
    const char* p_ = nullptr;    // the next byte
    const char* end_ = nullptr;  // of the text, spaces at the end left out
    std::string_view scheme_;    // one of the four, in static storage
    url_fault fault_;
};

}  // namespace skein::detail
