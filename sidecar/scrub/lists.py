"""The word lists: which words are technical, which are glue.

Job: say once what the scrubber knows of single words; every list is public words only.
Must not: hold a word because one message needs it: a word of `STRONG` shows itself in every message.
"""

from typing import Final


def words_of(text: str) -> frozenset[str]:
    """The words of a list, written as one text with blanks."""
    return frozenset(text.split())


GLUE: Final = words_of(
    "a about all also an and any are as at be been but by can can't could did do does don't each for "
    "from had has have he her here his how i i'm if in into is it it's its just make may me might "
    "more most must my need no not of on one only or other our out over please shall she should so "
    "some than that the their them then there these they this those to two up us use used using want "
    "was we were what when where which who why will with would you your",
)
"""Words that stand in every text: they carry no meaning of their own."""

STRONG: Final = words_of(
    "abort aborted alloc allocate allocated allocating allocation allocator amd amdgpu api assert "
    "assertion async attn autograd avx awq backend backends backtrace bash bfloat blas bootstrap "
    "buffer buffers bytes cache cgroup checkpoint chunked clang clblast cmake codec compute config "
    "containerd coredump cpu cublas cuda cudnn daemon deadlock debug decode decoder decoding deepseek "
    "dequantize deserialize deserializing device devices directml dll dlopen dmabuf driver drivers "
    "dtype dtypes embedding embeddings enoent enomem enospc eof epoll errno error errors exception "
    "exceptions exllama exllamav fatal ffmpeg filesystem flashattention flashinfer float fp gcc "
    "geforce gemma gfx ggml gguf glibc gptq gpu gpus gtx hip hipblas hostname http https huggingface "
    "ieee info init initialise initialize initialized int invalid ioctl iostream jinja json kernel "
    "kernels koboldcpp kv lapack libc linker llama llamacpp llava llm lmstudio localhost lora lua "
    "macos malloc mallocasync mamba matmul memcpy memory metadata metal miopen mistral mixtral mkl "
    "mlock mlx mmap mmproj modelfile mpi mps mtmd nccl ndarray nfs nginx nil nodejs nonetype notice "
    "null nullptr numa numpy nvcc nvidia nvlink nvml oauth offload offloaded offloading ollama onednn "
    "onnx onnxruntime oom oomkilled openai openblas opencl opset ordinal oserror panic param parse "
    "parser parsing pcie peft pickle pid pinned pip posix preload pthread pydantic python pytorch "
    "quantise quantised quantization quantize quantized qwen radeon rdma regex rocblas rocm rope rpc "
    "rtx runtime runtimes safetensors sagemaker sdk segfault segmentation segv semaphore sglang "
    "shader sigabrt sigbus sigfpe sigill sigkill sigquit sigsegv sigterm sigtrap socket sqlite ssl "
    "stacktrace stderr stdin stdout strerror subprocess sycl symlink sysfs tcp tensor tensorrt "
    "tensors timeout tls tmpfs token tokenize tokenizer tokenizers tokens torch traceback "
    "transformers triton tuple typeerror ubuntu uint undefined unhandled unicode unmap unsupported "
    "url utf uvicorn valueerror vllm vocab vram vulkan warn warning wddm webgpu websocket winerror "
    "wsl xgrammar xpu yaml zsh",
)
"""Words of machines and of their errors that everyday text hardly uses; each may stand alone."""

TELLING: Final = words_of(
    "accept accepted access accessible active adapter address allowed already apple argument "
    "arguments arm attempt attempting attribute attributes authenticate authentication available bad "
    "bandwidth batch batches beam bert binary bind bits block blocks boolean broken bus busy cached "
    "can't canceled cancelled cannot capability cast caught certificate channel char character check "
    "checkpoints checksum chunk class clear client clip closed code column command compatible compile "
    "compiled compiler complete completed component conflict connect connected connecting connection "
    "constructor container context contiguous convert converting copy core corrupt corrupted couldn't "
    "count crash crashed crashing create creating credentials damaged data database deadline decoded "
    "default delimiter denied depth detected didn't died dimension dimensions directory disabled "
    "disconnected disk docker doesn't download downloading dump dumped empty enable enabled encode "
    "encoder encountered engine enough entry environment exceed exceeded exceeds exec executable "
    "execute executing execution exist exists exit exited expected expecting expired export external "
    "extract fail failed failing fails failure falcon fault file files forbidden format function "
    "gateway generation grammar graph half handle handler handshake hardware header heap host illegal "
    "implemented import incompatible incomplete increase index initializing input inputs instance "
    "instruction insufficient integer interface internal interrupt isn't keyword kill killed larger "
    "launch layer layers leak length library limit literal load loaded loader loading lock locked "
    "lookup magic malformed manifest mapping matches max maximum method mig min minimum misbehaving "
    "mismatch missing model models module moe negative network node object offline opened opening "
    "operation operator option output overflow overflowed parameter parameters params path peer "
    "pending permission permissions pipe pipeline pointer pool port positional prefill process "
    "processes processing property protocol provided proxy pull quota ram range rank reached read "
    "reading received recognised recognized recursion refused register rejected release repo "
    "repository request requested requests required requires reserve reserving reset resolution "
    "resolve resource resources responding response ret retries retry retrying return returned "
    "returning running schema scope sequence sequences server service shape shapes shared shutdown "
    "signal size slot source specified splits stack starting state status storage stream string "
    "supported supports swap switch syntax target task template temporary terminate terminated "
    "terminating thread threads throwing timed total trained transport trap triggered type types "
    "unable unauthorized unavailable unexpected unexpectedly unknown unreachable unrecognized unset "
    "unspecified update upgrade uploading upstream usage valid validation value values variable "
    "verification verify version versions volume wasn't weight weights wheel whisper width won't "
    "worker workers",
)
"""Words of error messages that everyday text uses too: they stay beside another technical word."""

FILLING: Final = words_of(
    "base be call called card could current does end find found free get got greater group image is "
    "issue job key keys left long lost many message mode must name names no not of only open out part "
    "parts password position prompt set short small space start started step stopped support system "
    "table time to too tool tried trying use user using waiting want while window write writing wrong "
    "zero",
)
"""Words between those (`model is not found`): they stay beside a technical word and vouch for none."""

LOG_KEYS: Final = words_of(
    "caller cause code component detail details err errno error errors exc exception file host id "
    "level line main message module msg object param path pid port reason source status status_code "
    "thread time title type url version",
)
"""Keys of log lines and JSON errors: such a word alone before `:` or `=` stays."""

_PARTS: Final = words_of(
    "arg args attention aux bos bpe cb cfg cmd common cross ctx cur cvec del dst eos eval ext "
    "extension ffn fn from gpt grad has head hidden hook ids idx impl io lm loop mat mul multi new "
    "norm num obj op ops pad per pos post pre present prev proj ptr q qkv reg rms self seq spec spm "
    "src std sub sync sys tmp tok top tp train unet util utils vae vec view vision vk with work "
    "xformers",
)
"""Further parts of names."""

WEAK: Final = TELLING | FILLING
TECHNICAL: Final = STRONG | TELLING
NAME_PARTS: Final = STRONG | WEAK | LOG_KEYS | _PARTS
"""What a name is made of that may stay without being listed: `llama_model_load`, `ErrorOutOfDeviceMemory`."""
