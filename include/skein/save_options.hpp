// How a body is saved to a file.
#pragma once

namespace skein {

/// For client_response::save_to().
struct save_options {
    /// Replace a file, or a link (not what it leads to), that is there already, and a PATH.part that another
    /// download has left. Folders, pipes and devices are never replaced.
    bool overwrite = false;
    /// If it fails, leave what came as PATH.part. Otherwise nothing is left.
    bool keep_part = false;
};

}  // namespace skein
