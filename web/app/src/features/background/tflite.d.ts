/** TensorFlow Lite as WebAssembly. Offsets are in bytes; a result of 0 is success. https://github.com/twilio/twilio-video-processors.js */
declare module '@twilio/video-processors/dist/build/tflite-simd-1-0-0.js' {
  interface Runtime {
    readonly HEAPU8: Uint8Array;
    readonly HEAPF32: Float32Array;
    _getModelBufferMemoryOffset(): number;
    _loadModel(bytes: number): number;
    _getInputMemoryOffset(): number;
    _getOutputMemoryOffset(): number;
    _runInference(): number;
  }
  export default function createRuntime(options: { readonly locateFile: (name: string) => string }): Promise<Runtime>;
}
