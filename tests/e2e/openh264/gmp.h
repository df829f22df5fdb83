/* The part of Firefox's plugin interface for media codecs (Gecko Media Plugins, dom/media/gmp/gmp-api) that an H.264 codec needs. Firefox calls through vtables, so the
 * order of the virtual functions, also of those that the plugin never calls, is the interface. All functions run on the main thread of the plugin's process. The
 * declarations are those of Firefox and have its license:
 *
 * Copyright (c) 2011, The WebRTC project authors. All rights reserved.
 * Copyright (c) 2014, Mozilla
 *
 * Redistribution and use in source and binary forms, with or without modification, are permitted provided that the following conditions are met:
 *
 ** Redistributions of source code must retain the above copyright notice, this list of conditions and the following disclaimer.
 *
 ** Redistributions in binary form must reproduce the above copyright notice, this list of conditions and the following disclaimer in the documentation and/or other
 *  materials provided with the distribution.
 *
 ** Neither the name of Google nor the names of its contributors may be used to endorse or promote products derived from this software without specific prior written
 *  permission.
 *
 * THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED
 * WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT,
 * INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE, DATA, OR
 * PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE)
 * ARISING IN ANY WAY OUT OF THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
 */
#pragma once
#include <cstdint>

enum GMPErr { GMPNoErr = 0, GMPGenericErr = 1, GMPDecodeErr = 7 };
enum GMPVideoFrameFormat { kGMPEncodedVideoFrame, kGMPI420VideoFrame };
enum GMPPlaneType { kGMPYPlane, kGMPUPlane, kGMPVPlane };
enum GMPVideoFrameType { kGMPKeyFrame, kGMPDeltaFrame };
enum GMPBufferType { GMP_BufferLength32 = 4 };
enum GMPVideoCodecType { kGMPVideoCodecH264 = 1 };

/* The beginning of Firefox's structure. Bitrates are in kbit/s. */
struct GMPVideoCodec {
  uint32_t mGMPApiVersion;
  GMPVideoCodecType mCodecType;
  char mPLName[32];
  uint32_t mPLType;
  uint32_t mWidth;
  uint32_t mHeight;
  uint32_t mStartBitrate;
  uint32_t mMaxBitrate;
  uint32_t mMinBitrate;
  uint32_t mMaxFramerate;
};

struct GMPCodecSpecificInfo {
  GMPVideoCodecType mCodecType;
  GMPBufferType mBufferType;
  union {
    uint8_t mSimulcastIdx;
    uint64_t mVP8[5];
  };
};

class GMPVideoFrame {
 public:
  virtual GMPVideoFrameFormat GetFrameFormat() = 0;
  virtual void Destroy() = 0;
};

/* Times are in microseconds. */
class GMPVideoEncodedFrame : public GMPVideoFrame {
 public:
  virtual GMPErr CreateEmptyFrame(uint32_t aSize) = 0;
  virtual GMPErr CopyFrame(const GMPVideoEncodedFrame& aFrame) = 0;
  virtual void SetEncodedWidth(uint32_t aWidth) = 0;
  virtual uint32_t EncodedWidth() = 0;
  virtual void SetEncodedHeight(uint32_t aHeight) = 0;
  virtual uint32_t EncodedHeight() = 0;
  virtual void SetTimeStamp(uint64_t aTimeStamp) = 0;
  virtual uint64_t TimeStamp() = 0;
  virtual void SetDuration(uint64_t aDuration) = 0;
  virtual uint64_t Duration() const = 0;
  virtual void SetFrameType(GMPVideoFrameType aType) = 0;
  virtual GMPVideoFrameType FrameType() = 0;
  virtual void SetAllocatedSize(uint32_t aSize) = 0;
  virtual uint32_t AllocatedSize() = 0;
  virtual void SetSize(uint32_t aSize) = 0;
  virtual uint32_t Size() = 0;
  virtual void SetCompleteFrame(bool aComplete) = 0;
  virtual bool CompleteFrame() = 0;
  virtual const uint8_t* Buffer() const = 0;
  virtual uint8_t* Buffer() = 0;
  virtual GMPBufferType BufferType() const = 0;
  virtual void SetBufferType(GMPBufferType aType) = 0;
};

class GMPVideoi420Frame : public GMPVideoFrame {
 public:
  virtual GMPErr CreateEmptyFrame(int32_t aWidth, int32_t aHeight, int32_t aStrideY, int32_t aStrideU, int32_t aStrideV) = 0;
  virtual GMPErr CreateFrame(int32_t aSizeY, const uint8_t* aY, int32_t aSizeU, const uint8_t* aU, int32_t aSizeV, const uint8_t* aV,
                             int32_t aWidth, int32_t aHeight, int32_t aStrideY, int32_t aStrideU, int32_t aStrideV) = 0;
  virtual GMPErr CopyFrame(const GMPVideoi420Frame& aFrame) = 0;
  virtual void SwapFrame(GMPVideoi420Frame* aFrame) = 0;
  virtual uint8_t* Buffer(GMPPlaneType aPlane) = 0;
  virtual const uint8_t* Buffer(GMPPlaneType aPlane) const = 0;
  virtual int32_t AllocatedSize(GMPPlaneType aPlane) const = 0;
  virtual int32_t Stride(GMPPlaneType aPlane) const = 0;
  virtual GMPErr SetWidth(int32_t aWidth) = 0;
  virtual GMPErr SetHeight(int32_t aHeight) = 0;
  virtual int32_t Width() const = 0;
  virtual int32_t Height() const = 0;
  virtual void SetTimestamp(uint64_t aTimestamp) = 0;
  virtual uint64_t Timestamp() const = 0;
  virtual void SetDuration(uint64_t aDuration) = 0;
  virtual uint64_t Duration() const = 0;
};

class GMPVideoHost {
 public:
  virtual GMPErr CreateFrame(GMPVideoFrameFormat aFormat, GMPVideoFrame** aFrame) = 0;
};

class GMPVideoEncoderCallback {
 public:
  virtual ~GMPVideoEncoderCallback() = default;
  virtual void Encoded(GMPVideoEncodedFrame* aFrame, const uint8_t* aInfo, uint32_t aInfoLength) = 0;
  virtual void Error(GMPErr aError) = 0;
};

class GMPVideoEncoder {
 public:
  virtual ~GMPVideoEncoder() = default;
  virtual void InitEncode(const GMPVideoCodec& aSettings, const uint8_t* aCodecSpecific, uint32_t aCodecSpecificLength, GMPVideoEncoderCallback* aCallback,
                          int32_t aCores, uint32_t aMaxPayloadSize) = 0;
  virtual void Encode(GMPVideoi420Frame* aFrame, const uint8_t* aInfo, uint32_t aInfoLength, const GMPVideoFrameType* aTypes, uint32_t aTypesLength) = 0;
  virtual void SetChannelParameters(uint32_t aPacketLoss, uint32_t aRtt) = 0;
  virtual void SetRates(uint32_t aBitrate, uint32_t aFrameRate) = 0;
  virtual void SetPeriodicKeyFrames(bool aEnable) = 0;
  virtual void EncodingComplete() = 0;
};

class GMPVideoDecoderCallback {
 public:
  virtual ~GMPVideoDecoderCallback() = default;
  virtual void Decoded(GMPVideoi420Frame* aFrame) = 0;
  virtual void ReceivedDecodedReferenceFrame(uint64_t aPictureId) = 0;
  virtual void ReceivedDecodedFrame(uint64_t aPictureId) = 0;
  virtual void InputDataExhausted() = 0;
  virtual void DrainComplete() = 0;
  virtual void ResetComplete() = 0;
  virtual void Error(GMPErr aError) = 0;
};

class GMPVideoDecoder {
 public:
  virtual ~GMPVideoDecoder() = default;
  virtual void InitDecode(const GMPVideoCodec& aSettings, const uint8_t* aCodecSpecific, uint32_t aCodecSpecificLength, GMPVideoDecoderCallback* aCallback, int32_t aCores) = 0;
  virtual void Decode(GMPVideoEncodedFrame* aFrame, bool aMissingFrames, const uint8_t* aInfo, uint32_t aInfoLength, int64_t aRenderTimeMs) = 0;
  virtual void Reset() = 0;
  virtual void Drain() = 0;
  virtual void DecodingComplete() = 0;
};
