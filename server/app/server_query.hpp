#pragma once

#include <expected>
#include <string>

#include <boost/json/object.hpp>

#include "app/settings.hpp"

namespace offhook::app {

// GET of `path` at the running Offhook that has this configuration. Where there is no answer to show,
// standard error says why, and the result is the exit status.
[[nodiscard]] std::expected<boost::json::object, int> ask_server(const SettingsOptions& options,
                                                                 const std::string& path);

// Of a field, for people: "?" where it is missing; nothing in it acts on a terminal.
[[nodiscard]] std::string text_of(const boost::json::object& object, const char* key);

}  // namespace offhook::app
