#include "media/frame_reader.hpp"

#include <algorithm>
#include <utility>

namespace offhook::media {

std::optional<ByteView> FrameReader::next() {
  if (std::exchange(is_given_, false)) frame_.clear();
  while (!is_broken_ && fill_up_to(kFrameHeaderBytes)) {
    const std::size_t size = load_u16(frame_.data());
    is_broken_ = size > limits::kMediaDatagramBytes;
    if (is_broken_ || !fill_up_to(kFrameHeaderBytes + size)) return std::nullopt;
    if (size > 0) {
      is_given_ = true;
      return ByteView(frame_).subspan(kFrameHeaderBytes);
    }
    frame_.clear();
  }
  return std::nullopt;
}

bool FrameReader::fill_up_to(std::size_t size) {
  if (frame_.size() >= size) return true;
  frame_.reserve(kFrameHeaderBytes + limits::kMediaDatagramBytes);
  const ByteView taken = input_.first(std::min(size - frame_.size(), input_.size()));
  frame_.insert(frame_.end(), taken.begin(), taken.end());
  input_ = input_.subspan(taken.size());
  return frame_.size() == size;
}

}  // namespace offhook::media
