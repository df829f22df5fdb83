// H.264 for Firefox in tests: a media plugin (gmp.h) around Debian's OpenH264. Firefox uses the build of OpenH264 that it downloads from Cisco, with the same plugin
// interface. This one encodes and decodes on the main thread of the plugin's process.
#include <climits>
#include <cstring>
#include <initializer_list>

#include <wels/codec_api.h>

#include "gmp.h"

namespace {

constexpr uint8_t StartCode[4] = {0, 0, 0, 1};

/// Destroys a frame at the end of a scope.
template <typename Frame>
struct Owned {
  Frame* frame;
  ~Owned() { frame->Destroy(); }
};

class Encoder final : public GMPVideoEncoder {
 public:
  explicit Encoder(GMPVideoHost* host) : host_(host) {}
  ~Encoder() override {
    if (encoder_) WelsDestroySVCEncoder(encoder_);
  }

  void InitEncode(const GMPVideoCodec& settings, const uint8_t*, uint32_t, GMPVideoEncoderCallback* callback, int32_t, uint32_t maxPayloadSize) override {
    callback_ = callback;
    SEncParamExt options;
    if (WelsCreateSVCEncoder(&encoder_) != 0 || encoder_->GetDefaultParams(&options) != 0) return callback_->Error(GMPGenericErr);
    options.iUsageType = CAMERA_VIDEO_REAL_TIME;
    options.iPicWidth = settings.mWidth;
    options.iPicHeight = settings.mHeight;
    options.iRCMode = RC_BITRATE_MODE;
    options.iTargetBitrate = settings.mStartBitrate * 1000;
    options.iMaxBitrate = settings.mMaxBitrate * 1000;
    options.fMaxFrameRate = settings.mMaxFramerate;
    options.uiMaxNalSize = maxPayloadSize;
    SSpatialLayerConfig& layer = options.sSpatialLayers[0];
    layer.iVideoWidth = options.iPicWidth;
    layer.iVideoHeight = options.iPicHeight;
    layer.fFrameRate = options.fMaxFrameRate;
    layer.iSpatialBitrate = options.iTargetBitrate;
    layer.iMaxSpatialBitrate = options.iMaxBitrate;
    if (maxPayloadSize != 0) { // packetization-mode 0: each NAL unit fits into a packet (RFC 6184 §6.2)
      layer.sSliceArgument.uiSliceMode = SM_SIZELIMITED_SLICE;
      layer.sSliceArgument.uiSliceSizeConstraint = maxPayloadSize;
    }
    if (encoder_->InitializeExt(&options) != 0) callback_->Error(GMPGenericErr);
  }

  void Encode(GMPVideoi420Frame* frame, const uint8_t*, uint32_t, const GMPVideoFrameType* types, uint32_t typesLength) override {
    Owned<GMPVideoi420Frame> owned{frame};
    if (typesLength > 0 && types[0] == kGMPKeyFrame) encoder_->ForceIntraFrame(true);
    SSourcePicture picture{};
    picture.iColorFormat = videoFormatI420;
    picture.iPicWidth = frame->Width();
    picture.iPicHeight = frame->Height();
    picture.uiTimeStamp = frame->Timestamp() / 1000; // milliseconds
    for (GMPPlaneType plane : {kGMPYPlane, kGMPUPlane, kGMPVPlane}) {
      picture.iStride[plane] = frame->Stride(plane);
      picture.pData[plane] = frame->Buffer(plane);
    }
    SFrameBSInfo encoded{};
    if (encoder_->EncodeFrame(&picture, &encoded) != cmResultSuccess) return callback_->Error(GMPGenericErr);
    if (encoded.eFrameType != videoFrameTypeSkip) Deliver(*frame, encoded);
  }

  void SetRates(uint32_t bitrate, uint32_t frameRate) override {
    SBitrateInfo rate{SPATIAL_LAYER_ALL, static_cast<int>(bitrate * 1000)};
    float frames = frameRate;
    encoder_->SetOption(ENCODER_OPTION_BITRATE, &rate);
    encoder_->SetOption(ENCODER_OPTION_FRAME_RATE, &frames);
  }

  void SetChannelParameters(uint32_t, uint32_t) override {}
  void SetPeriodicKeyFrames(bool) override {}
  void EncodingComplete() override { delete this; }

 private:
  /// Firefox wants the length of each NAL unit, in the byte order of the machine, in place of its start code.
  void Deliver(const GMPVideoi420Frame& picture, const SFrameBSInfo& encoded) {
    GMPVideoFrame* created;
    if (host_->CreateFrame(kGMPEncodedVideoFrame, &created) != GMPNoErr) return callback_->Error(GMPGenericErr);
    auto* frame = static_cast<GMPVideoEncodedFrame*>(created);
    if (frame->CreateEmptyFrame(encoded.iFrameSizeInBytes) != GMPNoErr) {
      frame->Destroy();
      return callback_->Error(GMPGenericErr);
    }
    uint8_t* target = frame->Buffer();
    for (int i = 0; i < encoded.iLayerNum; i++) {
      const SLayerBSInfo& layer = encoded.sLayerInfo[i];
      const uint8_t* source = layer.pBsBuf;
      for (int j = 0; j < layer.iNalCount; j++) {
        const uint32_t length = layer.pNalLengthInByte[j] - sizeof StartCode;
        memcpy(target, &length, sizeof length);
        memcpy(target + sizeof length, source + sizeof StartCode, length);
        target += layer.pNalLengthInByte[j];
        source += layer.pNalLengthInByte[j];
      }
    }
    const bool key = encoded.eFrameType == videoFrameTypeIDR || encoded.eFrameType == videoFrameTypeI;
    frame->SetEncodedWidth(picture.Width());
    frame->SetEncodedHeight(picture.Height());
    frame->SetTimeStamp(picture.Timestamp());
    frame->SetFrameType(key ? kGMPKeyFrame : kGMPDeltaFrame);
    frame->SetCompleteFrame(true);
    frame->SetBufferType(GMP_BufferLength32);
    GMPCodecSpecificInfo info{};
    info.mCodecType = kGMPVideoCodecH264;
    info.mBufferType = GMP_BufferLength32;
    callback_->Encoded(frame, reinterpret_cast<const uint8_t*>(&info), sizeof info);
  }

  GMPVideoHost* host_;
  GMPVideoEncoderCallback* callback_ = nullptr;
  ISVCEncoder* encoder_ = nullptr;
};

class Decoder final : public GMPVideoDecoder {
 public:
  explicit Decoder(GMPVideoHost* host) : host_(host) {}
  ~Decoder() override {
    if (decoder_) WelsDestroyDecoder(decoder_);
  }

  void InitDecode(const GMPVideoCodec&, const uint8_t*, uint32_t, GMPVideoDecoderCallback* callback, int32_t) override {
    callback_ = callback;
    SDecodingParam options{};
    options.uiTargetDqLayer = UCHAR_MAX;
    options.eEcActiveIdc = ERROR_CON_SLICE_MV_COPY_CROSS_IDR_FREEZE_RES_CHANGE;
    options.sVideoProperty.size = sizeof options.sVideoProperty;
    options.sVideoProperty.eVideoBsType = VIDEO_BITSTREAM_DEFAULT;
    if (WelsCreateDecoder(&decoder_) != 0 || decoder_->Initialize(&options) != 0) callback_->Error(GMPGenericErr);
  }

  /// For WebRTC, Firefox passes a frame with start codes and replaces the first one with the length of the frame.
  void Decode(GMPVideoEncodedFrame* frame, bool, const uint8_t*, uint32_t, int64_t) override {
    Owned<GMPVideoEncodedFrame> owned{frame};
    if (frame->Size() <= sizeof StartCode) return callback_->Error(GMPDecodeErr);
    memcpy(frame->Buffer(), StartCode, sizeof StartCode);
    uint8_t* planes[3] = {};
    SBufferInfo decoded{};
    if (decoder_->DecodeFrameNoDelay(frame->Buffer(), frame->Size(), planes, &decoded) != dsErrorFree) return callback_->Error(GMPDecodeErr);
    if (decoded.iBufferStatus != 1) return callback_->InputDataExhausted();
    Deliver(*frame, decoded.UsrData.sSystemBuffer, planes);
  }

  void Reset() override { callback_->ResetComplete(); }
  void Drain() override { callback_->DrainComplete(); }
  void DecodingComplete() override { delete this; }

 private:
  void Deliver(GMPVideoEncodedFrame& source, const SSysMEMBuffer& picture, uint8_t* const planes[3]) {
    GMPVideoFrame* created;
    if (host_->CreateFrame(kGMPI420VideoFrame, &created) != GMPNoErr) return callback_->Error(GMPGenericErr);
    auto* frame = static_cast<GMPVideoi420Frame*>(created);
    const int stride = picture.iStride[0], chromaStride = picture.iStride[1], chromaSize = chromaStride * ((picture.iHeight + 1) / 2);
    if (frame->CreateFrame(stride * picture.iHeight, planes[0], chromaSize, planes[1], chromaSize, planes[2], picture.iWidth, picture.iHeight, stride, chromaStride,
                           chromaStride) != GMPNoErr) {
      frame->Destroy();
      return callback_->Error(GMPGenericErr);
    }
    frame->SetTimestamp(source.TimeStamp());
    frame->SetDuration(source.Duration());
    callback_->Decoded(frame);
  }

  GMPVideoHost* host_;
  GMPVideoDecoderCallback* callback_ = nullptr;
  ISVCDecoder* decoder_ = nullptr;
};

}  // namespace

extern "C" {

GMPErr GMPInit(const void*) { return GMPNoErr; }

GMPErr GMPGetAPI(const char* name, void* host, void** plugin) {
  if (strcmp(name, "encode-video") == 0) *plugin = new Encoder(static_cast<GMPVideoHost*>(host));
  else if (strcmp(name, "decode-video") == 0) *plugin = new Decoder(static_cast<GMPVideoHost*>(host));
  else return GMPGenericErr;
  return GMPNoErr;
}

void GMPShutdown() {}

}
