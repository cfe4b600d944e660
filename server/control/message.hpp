#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "control/control.pb.h"

// Commands and events as packets of the control socket, one message a packet.
namespace offhook::control {

// Of the schema that this program speaks; it understands the one before as well.
inline constexpr std::uint32_t kVersion = 1;

// An error says that the message is larger than limits::kControlMessageBytes, the only way to fail.
[[nodiscard]] Result<std::string> encode(const Command& command);
[[nodiscard]] Result<std::string> encode(const Event& event);

// What a newer version added is skipped; an unknown kind decodes to a message without a kind.
[[nodiscard]] Result<Command> decode_command(ByteView packet);
[[nodiscard]] Result<Event> decode_event(ByteView packet);

}  // namespace offhook::control
