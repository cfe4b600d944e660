#pragma once

#include <string>

#include <boost/json/object.hpp>

namespace offhook::app {

// What `offhook trace` prints of the answers of /api/calls and /api/calls/ID/trace. Missing fields
// show as "?".
[[nodiscard]] std::string calls_text(const boost::json::object& answer);
[[nodiscard]] std::string trace_text(const boost::json::object& answer, bool show_messages);

}  // namespace offhook::app
