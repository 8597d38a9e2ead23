package io.millrace.inference.runtime;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.TensorInfo;
import ai.onnxruntime.TensorInfo.OnnxTensorType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.Buffer;
import java.nio.ByteBuffer;

/**
 * Makes tensors of unsigned integers of more than eight bits.
 *
 * <p>ONNX Runtime has them and its Java interface passes the element type on as a number, but no
 * public method takes these numbers, so its own, private one is called. Where another version of
 * ONNX Runtime lacks that method, models with such inputs are refused when they are loaded.
 */
final class UnsignedTensors {

  private UnsignedTensors() {}

  /** What is called, found once. */
  private record Door(
      long api,
      Field defaultAllocator,
      Field handle,
      Method create,
      Constructor<OnnxTensor> tensor,
      Constructor<TensorInfo> info) {}

  private static final class Holder {
    static final Door DOOR = find();
  }

  private static Door find() {
    try {
      Field api = Class.forName("ai.onnxruntime.OnnxRuntime").getDeclaredField("ortApiHandle");
      Field allocator = OrtEnvironment.class.getDeclaredField("defaultAllocator");
      Field handle = allocator.getType().getDeclaredField("handle");
      Method create =
          OnnxTensor.class.getDeclaredMethod(
              "createTensorFromBuffer",
              long.class,
              long.class,
              Buffer.class,
              int.class,
              long.class,
              long[].class,
              int.class);
      Constructor<OnnxTensor> tensor =
          OnnxTensor.class.getDeclaredConstructor(
              long.class, long.class, TensorInfo.class, Buffer.class, boolean.class);
      Constructor<TensorInfo> info =
          TensorInfo.class.getDeclaredConstructor(
              long[].class, OnnxJavaType.class, OnnxTensorType.class);
      api.setAccessible(true);
      allocator.setAccessible(true);
      handle.setAccessible(true);
      create.setAccessible(true);
      tensor.setAccessible(true);
      info.setAccessible(true);
      return new Door(api.getLong(null), allocator, handle, create, tensor, info);
    } catch (ReflectiveOperationException | RuntimeException e) {
      throw new IllegalStateException(
          "This version of ONNX Runtime cannot be given unsigned integers from Java", e);
    }
  }

  /**
   * Finds out whether such tensors can be made.
   *
   * @throws LinkageError if not
   */
  static void require() {
    Door unused = Holder.DOOR;
  }

  /**
   * A tensor over a direct buffer.
   *
   * @param type one of ONNX Runtime's unsigned types
   * @param javaType the signed type of as many bits
   * @throws IllegalStateException if this version of ONNX Runtime does not let it
   */
  static OnnxTensor over(
      ByteBuffer direct, OnnxTensorType type, OnnxJavaType javaType, long[] shape)
      throws OrtException {
    OrtEnvironment environment = Environment.get();
    Door door = Holder.DOOR;
    try {
      long allocator = door.handle().getLong(door.defaultAllocator().get(environment));
      Object made =
          door.create()
              .invoke(
                  null,
                  door.api(),
                  allocator,
                  direct,
                  direct.position(),
                  (long) direct.remaining(),
                  shape,
                  type.value);
      return door.tensor()
          .newInstance(
              made, allocator, door.info().newInstance(shape, javaType, type), direct, false);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof OrtException cause) {
        throw cause;
      }
      throw new IllegalStateException("A tensor of " + type + " was not made", e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("A tensor of " + type + " was not made", e);
    }
  }
}
