#pragma once

#include <string>

#include "app/media_census.hpp"
#include "call/switchboard.hpp"

namespace offhook::app {

// The answer to GET /api/status.
[[nodiscard]] std::string status_json(const call::Status& status, const MediaCensus::Answer& media);

// The answer to POST /api/session.
[[nodiscard]] std::string session_json(const std::string& user, bool demo,
                                       const call::Status& status);

}  // namespace offhook::app
