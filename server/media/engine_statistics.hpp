#pragma once

#include "control/control.pb.h"
#include "media/rejections.hpp"

// Sums of what legs, those that are gone, and workers counted.
namespace offhook::media {

void add(control::SideStatistics& to, const control::SideStatistics& from);
void add(control::EngineStatistics& to, const control::EngineStatistics& from);

void write_rejections(const Rejections& rejections, control::RejectedPackets& to);

}  // namespace offhook::media
