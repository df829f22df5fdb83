import modelUrl from '@twilio/video-processors/dist/build/selfie_segmentation_landscape.tflite?url';
import createRuntime from '@twilio/video-processors/dist/build/tflite-simd-1-0-0.js';
import wasmUrl from '@twilio/video-processors/dist/build/tflite-simd-1-0-0.wasm?url';

/** The size of the pictures that the model reads, and of the masks that it returns. */
export const maskSize = { width: 256, height: 144 };

/** Finds the person in a picture. */
export interface Segmenter {
  /** For each pixel of an RGBA picture of `maskSize`, the confidence (0 to 1) that it belongs to a person. The result is valid until the next call. */
  segment(picture: Uint8ClampedArray): Float32Array;
}

/** Loads TensorFlow Lite and its model from this origin. Rejects where the browser cannot run it: it needs WebAssembly with SIMD. */
export async function loadSegmenter(): Promise<Segmenter> {
  const [runtime, model] = await Promise.all([createRuntime({ locateFile: () => wasmUrl }), fetchModel()]);
  runtime.HEAPU8.set(new Uint8Array(model), runtime._getModelBufferMemoryOffset());
  if (runtime._loadModel(model.byteLength) !== 0) throw new Error(`The model could not be used: ${modelUrl} is damaged.`);
  return {
    segment(picture) {
      const pixels = maskSize.width * maskSize.height;
      // The memory may have moved since the last call.
      const input = runtime.HEAPF32.subarray(runtime._getInputMemoryOffset() / 4);
      for (let pixel = 0; pixel < pixels; pixel++) {
        for (let color = 0; color < 3; color++) input[pixel * 3 + color] = picture[pixel * 4 + color]! / 255;
      }
      if (runtime._runInference() !== 0) throw new Error('The model found no result for a frame.');
      const output = runtime._getOutputMemoryOffset() / 4;
      return runtime.HEAPF32.subarray(output, output + pixels);
    },
  };
}

async function fetchModel(): Promise<ArrayBuffer> {
  const response = await fetch(modelUrl);
  if (!response.ok) throw new Error(`The model could not be loaded: ${modelUrl} responded with ${response.status}.`);
  return response.arrayBuffer();
}
