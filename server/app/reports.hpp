#pragma once

#include "app/media_census.hpp"
#include "call/switchboard.hpp"
#include "http/router.hpp"

namespace offhook::app {

// Whether media is to be asked for it, too.
[[nodiscard]] bool needs_media(const http::ReportWanted& wanted);
// `media`: what it said, where it was asked.
[[nodiscard]] http::Response report(const http::ReportWanted& wanted,
                                    const call::Switchboard& switchboard,
                                    const MediaCensus::Answer& media);

}  // namespace offhook::app
